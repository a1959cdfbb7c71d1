package sopsconstructs_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

const clear = `{"my_api_key": "demo-value-one", "database": {"users": [{"name": "demo-value-two"}]}, "port": 5432}`

func TestDefaults(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})

	secret := only(t, stack, "AWS::SecretsManager::Secret")
	for _, absent := range []string{"GenerateSecretString", "SecretString", "Name", "Description"} {
		if value, there := secret.Properties[absent]; there {
			t.Errorf("secret: %s is %v, want none", absent, value)
		}
	}
	if got := secret.raw["DeletionPolicy"]; got != nil {
		t.Errorf("secret: DeletionPolicy %v, want none, which means Delete", got)
	}

	sync := only(t, stack, syncprotocol.ResourceType)
	if got, want := text(sync.at("Target", "SecretArn")), `{"Ref":"`+secret.ID+`"}`; got != want {
		t.Errorf("sync: SecretArn %s, want %s", got, want)
	}
	for want, path := range map[string][]string{
		syncprotocol.Version: {"Protocol"}, "x.sops.json": {"File", "Name"}, "json": {"File", "Format"}, "flat": {"Output", "Mode"},
	} {
		if got := sync.at(path...); got != want {
			t.Errorf("sync: %s is %v, want %v", path, got, want)
		}
	}
	if _, err := syncprotocol.DecodeFile(sync.at("File", "Content").(string)); err != nil {
		t.Errorf("sync: File: %v", err)
	}

	function := only(t, stack, "AWS::Lambda::Function")
	for property, want := range map[string]string{
		"Runtime": `"provided.al2023"`, "Handler": `"bootstrap"`, "Architectures": `["arm64"]`, "Timeout": "120", "MemorySize": "256",
	} {
		if got := text(function.Properties[property]); got != want {
			t.Errorf("function: %s %s, want %s", property, got, want)
		}
	}
	if _, there := function.Properties["Environment"]; there {
		t.Error("function: has environment variables, want none")
	}
	// CloudFormation must wait for longer than the function can run.
	if got, want := text(sync.Properties["ServiceTimeout"]), `"210"`; got != want {
		t.Errorf("sync: ServiceTimeout %s, want %s", got, want)
	}

	invoke := only(t, stack, "AWS::Lambda::EventInvokeConfig")
	if text(invoke.Properties["MaximumRetryAttempts"]) != "0" || text(invoke.Properties["MaximumEventAgeInSeconds"]) != "60" {
		t.Errorf("function: invoke config %s, want no retries and 60 s", text(invoke.Properties))
	}
	// Nor is there a call before that holds.
	if got, want := text(sync.Properties[syncprotocol.Retries]), `{"Ref":"`+invoke.ID+`"}`; got != want {
		t.Errorf("sync: Retries %s, want %s", got, want)
	}
	if logs := only(t, stack, "AWS::Logs::LogGroup"); logs.Properties["RetentionInDays"] != 30.0 {
		t.Errorf("log group: retention %v, want 30 days", logs.Properties["RetentionInDays"])
	}
}

func TestOverrides(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{
		SopsFilePath:  filepath.Join(".", "x.sops.json"),
		SecretName:    "a_name",
		Description:   "a description",
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	})
	secret := only(t, stack, "AWS::SecretsManager::Secret")
	if secret.Properties["Name"] != "a_name" || secret.Properties["Description"] != "a description" || secret.raw["DeletionPolicy"] != "Retain" {
		t.Errorf("got %s", text(secret.raw))
	}
}

func TestArchitectureFromContext(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(map[string]any{"sops:architecture": "x86_64", "sops:decrypt": "skip"})
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	function := only(t, stack, "AWS::Lambda::Function")
	if got := text(function.Properties["Architectures"]); got != `["x86_64"]` {
		t.Errorf("got %s", got)
	}
	built, err := standIn(functionbuild.AMD64)
	if err != nil {
		t.Fatal(err)
	}
	staged := filepath.Join(*stack.Node().Root().(awscdk.App).Outdir(), fmt.Sprintf("asset.%s", function.at("Code", "S3Key")))
	if !bytes.Equal(read(t, staged), read(t, built.Zip)) {
		t.Error("the code is not the zip for the architecture")
	}
}

func TestOneFunctionPerStack(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	for _, id := range []string{"One", "Two"} {
		newSecret(stack, id, sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	}
	only(t, stack, "AWS::Lambda::Function")
	policy := text(only(t, stack, "AWS::IAM::Policy").Properties)
	if got := strings.Count(policy, keyEU); got != 1 {
		t.Errorf("the key is allowed %d times, want once: both files have it", got)
	}
	if got := strings.Count(policy, "secretsmanager:PutSecretValue"); got != 2 {
		t.Errorf("got %d statements to write a secret, want one for each", got)
	}
}

// Whatever takes the secret waits until it is filled: only the custom resource
// itself and the function's policy may refer to the secret's own resource.
func TestNothingRefersToTheUnfilledSecret(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "a_name"})

	role := awsiam.NewRole(stack, new("Reader"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(new("ec2.amazonaws.com"), nil)})
	s.GrantRead(role)
	s.Secret().AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: &[]*string{new("secretsmanager:GetSecretValue")}, Resources: &[]*string{new("*")},
		Principals: &[]awsiam.IPrincipal{awsiam.NewAccountPrincipal(new("444455556666"))},
	}))
	awscodebuild.NewProject(stack, new("Build"), &awscodebuild.ProjectProps{
		BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
		EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{
			"KEY": s.Key("my_api_key").BuildEnvironmentVariable(),
		},
	})
	awslambda.NewFunction(stack, new("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: new("index.handler"), Code: awslambda.Code_FromInline(new("pass")),
		Environment: &map[string]*string{
			"ARN": s.Secret().SecretArn(), "FULL_ARN": s.Secret().SecretFullArn(), "NAME": s.Secret().SecretName(),
		},
	})

	secret := only(t, stack, "AWS::SecretsManager::Secret").ID
	sync := only(t, stack, syncprotocol.ResourceType).ID
	waiting := 0
	for _, r := range resources(t, stack, "") {
		all := text(r.raw)
		if strings.Contains(all, `"Fn::GetAtt":["`+sync) {
			waiting++
		}
		own := r.ID == sync || strings.HasPrefix(r.ID, "SopsSyncProvider") && r.Type == "AWS::IAM::Policy"
		if refers := strings.Contains(all, `"`+secret+`"`); refers && !own {
			t.Errorf("%s (%s) refers to the secret itself, and so may be made before it is filled", r.ID, r.Type)
		}
	}
	// The role's policy, the resource policy, the project, its role's policy, the function.
	if waiting != 5 {
		t.Errorf("%d resources wait for the sync, want 5", waiting)
	}
}

func TestGrantRead(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	user := awsiam.NewUser(stack, new("Reader"), nil)
	s.GrantRead(user).AssertSuccess()

	sync := only(t, stack, syncprotocol.ResourceType).ID
	for _, policy := range resources(t, stack, "AWS::IAM::Policy") {
		if !strings.HasPrefix(policy.ID, "Reader") {
			continue
		}
		want := `[{"Action":["secretsmanager:GetSecretValue","secretsmanager:DescribeSecret"],"Effect":"Allow","Resource":{"Fn::GetAtt":["` + sync + `","Arn"]}}]`
		if got := text(policy.Properties["PolicyDocument"].(map[string]any)["Statement"]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		return
	}
	t.Error("the reader has no policy")
}

// A reference from another stack of the app must come out as one, and the
// template there must not name the secret's version.
func TestAcrossStacks(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	other := awscdk.NewStack(stack.Node().Root().(awscdk.App), new("Other"), &awscdk.StackProps{Env: &awscdk.Environment{Region: new("eu-west-1")}})
	project := awscodebuild.NewProject(other, new("Build"), &awscodebuild.ProjectProps{
		BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
		EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{
			"KEY": s.Key("database.users[0].name").BuildEnvironmentVariable(),
		},
	})
	s.GrantRead(project)
	got := text(only(t, other, "AWS::CodeBuild::Project").Properties["Environment"])
	if !strings.Contains(got, `"Type":"SECRETS_MANAGER"`) || !strings.Contains(got, `"Fn::ImportValue"`) || !strings.Contains(got, `:database.users[0].name"`) {
		t.Errorf("got %s", got)
	}
	if all := text(resources(t, stack, "")) + text(resources(t, other, "")); strings.Contains(all, syncprotocol.AttrVersionID) {
		t.Error("a version id is in the templates")
	}
}

func TestKeyOfAFileThatWasNotReadIsNotChecked(t *testing.T) {
	openable(t)
	t.Chdir(t.TempDir())
	stack := newStack(map[string]any{"aws:cdk:bundling-stacks": []string{}})
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "none.sops.json"})
	if got := s.Key("anything").Name(); got != "anything" {
		t.Errorf("got %q", got)
	}
}

func TestSecretPassesAsTheCDKsOwn(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	awscdk.Tags_Of(s).Add(new("Owner"), new("team"), nil)
	queue := awscdk.NewCfnResource(stack, new("Later"), &awscdk.CfnResourceProps{Type: new("AWS::SNS::Topic")})
	queue.Node().AddDependency(s)
	if got := text(only(t, stack, "AWS::SecretsManager::Secret").Properties["Tags"]); !strings.Contains(got, "Owner") {
		t.Errorf("tags: got %s", got)
	}
	sync := only(t, stack, syncprotocol.ResourceType).ID
	if got := text(only(t, stack, "AWS::SNS::Topic").DependsOn); !strings.Contains(got, sync) {
		t.Errorf("a dependency on the construct does not wait for the sync: %s", got)
	}
}
