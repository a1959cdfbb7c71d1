package assembly_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

// function is a function with one variable, and its role.
func function(value any, role object, more ...object) object {
	return with(object{
		"Fn":     at("S/Fn/Resource", "AWS::Lambda::Function", object{"Role": attribute("Reader", "Arn"), "Environment": object{"Variables": object{"SECRET": value}}}),
		"Reader": resource("AWS::IAM::Role", role),
	}, more...)
}

// given is a policy of the role Reader.
func given(statements ...any) object {
	return object{"Policy": resource("AWS::IAM::Policy", object{"PolicyDocument": document(statements...), "Roles": list{ref("Reader")}})}
}

func TestReaderWithoutRight(t *testing.T) {
	const get = "secretsmanager:GetSecretValue"
	arn := attribute("Sync", "Arn")
	unnamed, app := filled(nil), filled(object{"Name": "app-dev"})
	managed := func(arns ...any) object { return object{"ManagedPolicyArns": list(arns)} }
	aws := func(name string) object {
		return join("arn:", ref("AWS::Partition"), ":iam::aws:policy/"+name)
	}
	secretPolicy := func(principal any) object {
		return object{"SecretPolicy": resource("AWS::SecretsManager::ResourcePolicy", object{"SecretId": ref("X"), "ResourcePolicy": document(with(allow(get, "*"), object{"Principal": principal}))})}
	}
	ecs := func(container object) object {
		return object{
			"Task": at("S/Task/Resource", "AWS::ECS::TaskDefinition", object{
				"TaskRoleArn": attribute("Reader", "Arn"), "ExecutionRoleArn": attribute("Execution", "Arn"),
				"ContainerDefinitions": list{with(object{"Name": "app"}, container)},
			}),
			"Reader": resource("AWS::IAM::Role", object{}), "Execution": resource("AWS::IAM::Role", object{}),
		}
	}
	variable := object{"Environment": list{object{"Name": "SECRET", "Value": arn}}}
	taken := object{"Secrets": list{object{"Name": "SECRET", "ValueFrom": join(arn, ":a::")}}}
	toExecution := object{"Execution": resource("AWS::IAM::Role", object{"Policies": list{object{"PolicyDocument": document(allow(get, arn))}}})}
	project := func(kind string, value any) object {
		return object{"Build": at("S/Build/Resource", "AWS::CodeBuild::Project", object{"ServiceRole": attribute("Reader", "Arn"), "Environment": object{
			"EnvironmentVariables": list{object{"Name": "SECRET", "Type": kind, "Value": value}},
		}}), "Reader": resource("AWS::IAM::Role", object{})}
	}
	const lambda, container, build = "the variable SECRET of the function gets the ARN of", "the variable SECRET of the container app gets the ARN of", "the variable SECRET of the build "
	for name, c := range map[string]struct {
		resources object
		want      string // the beginning of the description; "" for no finding
	}{
		"nothing":                                {with(unnamed, function(arn, nil)), lambda},
		"the name of the secret":                 {with(unnamed, function(attribute("Sync", "Name"), nil)), lambda},
		"the secret's resource":                  {with(unnamed, function(ref("X"), nil)), lambda},
		"an ARN by hand":                         {with(app, function(arns+"app-dev-AbCdEf", nil)), lambda},
		"inside a text":                          {with(unnamed, function(join(`{"secret":"`, arn, `"}`), nil)), lambda},
		"a text that is like the name":           {with(app, function("app-dev", nil)), ""},
		"another secret":                         {with(app, function(arns+"app-dev-admin-AbCdEf", nil)), ""},
		"the value":                              {with(unnamed, function(join("{{resolve:secretsmanager:", arn, ":SecretString:a::}}"), nil)), ""},
		"the right":                              {with(unnamed, function(arn, nil, given(allow(get, arn)))), ""},
		"the right, by a list":                   {with(unnamed, function(arn, nil, given(allow(list{"s3:GetObject", "SecretsManager:Get*"}, list{"arn:aws:s3:::b", arn})))), ""},
		"the right on the resource":              {with(unnamed, function(arn, nil, given(allow(get, ref("X"))))), ""},
		"the right by its name":                  {with(app, function(arn, nil, given(allow(get, arns+"app-dev-??????")))), ""},
		"the right by its ARN":                   {with(app, function(arn, nil, given(allow(get, arns+"app-dev-AbCdEf")))), ""},
		"the right by a pattern":                 {with(app, function(arn, nil, given(allow(get, arns+"app-*")))), ""},
		"the right by another pattern":           {with(app, function(arn, nil, given(allow(get, arns+"prod-*")))), lambda},
		"the right by a pattern, no name":        {with(unnamed, function(arn, nil, given(allow(get, arns+"prod-*")))), ""},
		"the right on all":                       {with(unnamed, function(arn, nil, given(allow("*", "*")))), ""},
		"the right on another secret":            {with(unnamed, function(arn, nil, given(allow(get, arns+"other-AbCdEf")))), lambda},
		"another right":                          {with(unnamed, function(arn, nil, given(allow("secretsmanager:DescribeSecret", arn)))), lambda},
		"denied":                                 {with(unnamed, function(arn, nil, given(with(allow(get, arn), object{"Effect": "Deny"})))), lambda},
		"NotAction":                              {with(unnamed, function(arn, nil, given(object{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}))), ""},
		"NotResource":                            {with(unnamed, function(arn, nil, given(object{"Effect": "Allow", "Action": get, "NotResource": "x"}))), ""},
		"another role that it assumes":           {with(unnamed, function(arn, nil, given(allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/r")))), ""},
		"in the role itself":                     {with(unnamed, function(arn, object{"Policies": list{object{"PolicyDocument": document(allow(get, arn))}}})), ""},
		"a managed policy of the app":            {with(unnamed, function(arn, managed(ref("M"))), object{"M": resource("AWS::IAM::ManagedPolicy", object{"PolicyDocument": document(allow(get, arn))})}), ""},
		"a managed policy of the app, not it":    {with(unnamed, function(arn, managed(ref("M"))), object{"M": resource("AWS::IAM::ManagedPolicy", object{"PolicyDocument": document(allow("s3:*", "*"))})}), lambda},
		"a managed policy of the logs":           {with(unnamed, function(arn, managed(aws("service-role/AWSLambdaBasicExecutionRole")))), lambda},
		"a managed policy that may allow it":     {with(unnamed, function(arn, managed(aws("SecretsManagerReadWrite")))), ""},
		"a managed policy of the account":        {with(unnamed, function(arn, managed("arn:aws:iam::111122223333:policy/AWSLambdaBasicExecutionRole"))), ""},
		"an imported role":                       {with(unnamed, function(arn, nil, object{"Fn": resource("AWS::Lambda::Function", object{"Role": "arn:aws:iam::111122223333:role/theirs", "Environment": object{"Variables": object{"SECRET": arn}}})})), ""},
		"the secret's policy":                    {with(unnamed, function(arn, nil, secretPolicy(object{"AWS": attribute("Reader", "Arn")}))), ""},
		"the secret's policy for everybody":      {with(unnamed, function(arn, nil, secretPolicy("*"))), ""},
		"the secret's policy for the account":    {with(unnamed, function(arn, nil, secretPolicy(object{"AWS": "arn:aws:iam::111122223333:root"}))), lambda},
		"a task":                                 {with(unnamed, ecs(variable)), container},
		"a task, the right of its own role":      {with(unnamed, ecs(variable), given(allow(get, arn))), ""},
		"a task, the right of the other role":    {with(unnamed, ecs(variable), toExecution), container},
		"a task's secret":                        {with(unnamed, ecs(taken)), "the secret SECRET of the container app takes"},
		"a task's secret, the right":             {with(unnamed, ecs(taken), toExecution), ""},
		"a task's secret, the right of its role": {with(unnamed, ecs(taken), given(allow(get, arn))), "the secret SECRET of the container app takes"},
		"a build":                                {with(unnamed, project("SECRETS_MANAGER", join(arn, ":a"))), build + "takes"},
		"a build, by name":                       {with(app, project("SECRETS_MANAGER", "app-dev:a")), build + "takes"},
		"a build, the right":                     {with(unnamed, project("SECRETS_MANAGER", join(arn, ":a")), given(allow(get, arn))), ""},
		"a build that gets the ARN":              {with(unnamed, project("PLAINTEXT", arn)), build + "gets the ARN of"},
		"a build without a type":                 {with(app, object{"Build": resource("AWS::CodeBuild::Project", object{"Environment": object{"EnvironmentVariables": list{object{"Name": "A", "Value": "app-dev"}}}})}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range check(t, c.resources) {
				if f.Rule != assembly.RuleReaderWithoutRight {
					continue
				}
				got = append(got, f.Description)
				if f.Severity != assembly.Warning || len(f.Locations) != 1 || !strings.HasSuffix(f.Description, `the secret of "S/Credentials", and its role may not read it`) {
					t.Errorf("got %+v", f)
				}
			}
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.want)) {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
}

// The function may be in another stack than the secret, and its role in a third.
func TestReaderWithoutRightInAnotherStack(t *testing.T) {
	home := template(filled(nil))
	home["Outputs"] = object{"Out": export(attribute("Sync", "Arn"), "S:Arn")}
	roles := template(object{"Reader": resource("AWS::IAM::Role", object{})})
	roles["Outputs"] = object{"Out": export(attribute("Reader", "Arn"), "R:Arn")}
	fn := template(object{"Fn": at("F/Fn/Resource", "AWS::Lambda::Function", object{"Role": importValue("R:Arn"), "Environment": object{"Variables": object{"SECRET": importValue("S:Arn")}}})})
	files := map[string]any{"S.template.json": home, "R.template.json": roles, "F.template.json": fn}
	folder := assemblyOf(t, files)
	expect(t, checkStacks(t, nil, stack(folder, "S"), stack(folder, "R"), stack(folder, "F")), `reader-without-right F.template.json Fn: the variable SECRET of the function gets the ARN of the secret of "S/Credentials"`)
	roles["Resources"].(object)["Policy"] = given(allow("secretsmanager:GetSecretValue", importValue("S:Arn")))["Policy"]
	folder = assemblyOf(t, files)
	expect(t, checkStacks(t, nil, stack(folder, "S"), stack(folder, "R"), stack(folder, "F")))
}
