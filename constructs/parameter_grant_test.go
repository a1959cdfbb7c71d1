package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// readsParameter tells what a principal can do of what it takes to read a parameter, in
// the parameter's region: "GetParameter", "GetParameters" and "Decrypt", and, as it should
// never be, "more" with the parameter, or "direct" use of the key.
func (w *world) readsParameter(t *testing.T, principal, arn, key string) string {
	t.Helper()
	var can []string
	for _, action := range []string{"GetParameter", "GetParameters"} {
		if w.may(t, principal, "ssm:"+action, arn) {
			can = append(can, action)
		}
	}
	for _, action := range []string{"GetParameterHistory", "GetParametersByPath", "PutParameter", "DeleteParameter", "AddTagsToResource"} {
		if w.may(t, principal, "ssm:"+action, arn) {
			can = append(can, "more")
		}
	}
	if key == "" {
		return strings.Join(can, " ")
	}
	context := []string{"kms:EncryptionContextKeys", "PARAMETER_ARN", "kms:EncryptionContext:PARAMETER_ARN", arn}
	via := func(service, region string) []string {
		return append([]string{"kms:ViaService", service + "." + region + ".amazonaws.com"}, context...)
	}
	if w.may(t, principal, "kms:Decrypt", key, via("ssm", ireland)...) {
		can = append(can, "Decrypt")
	}
	for _, way := range [][]string{context, via("secretsmanager", ireland), via("ssm", virginia), {"kms:ViaService", "ssm." + ireland + ".amazonaws.com"}} {
		if w.may(t, principal, "kms:Decrypt", key, way...) {
			can = append(can, "direct")
		}
	}
	return strings.Join(can, " ")
}

// For each place of key, parameters and role, the role can read and decrypt what it was
// granted, and nobody else can.
func TestGrantReadOfParametersInEveryTopology(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, c := range []struct {
		name     string
		key      string // "" for none, "beside" the parameters, in a stack "elsewhere", "imported"
		env      bool   // account and region are known at synth
		together bool   // the role is in the parameters' stack
		region   string // the role's
		all      bool   // all are granted, and else one
	}{
		{name: "one stack, no key", together: true},
		{name: "one stack, all", key: "beside", together: true, all: true},
		{name: "one stack", key: "beside", together: true},
		{name: "one stack, imported key", key: "imported", together: true, all: true},
		{name: "key elsewhere", key: "elsewhere", together: true},
		{name: "key with the parameters, role elsewhere", key: "beside", all: true},
		{name: "three stacks", key: "elsewhere"},
		{name: "three stacks, all", key: "elsewhere", all: true},
		{name: "three stacks, known at synth", key: "elsewhere", env: true, region: ireland, all: true},
		{name: "two stacks, imported key", key: "imported", env: true, region: ireland},
		{name: "another region, no key", env: true, region: virginia, all: true},
		{name: "another region", key: "beside", env: true, region: virginia},
		{name: "another region, imported key", key: "imported", env: true, region: virginia, all: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			in := func(id, region string) awscdk.Stack {
				if !c.env {
					return awscdk.NewStack(app, &id, nil)
				}
				return at(app, id, account, region)
			}
			stack := in("S", ireland)
			stacks := []awscdk.Stack{stack}
			props := many{SopsFilePath: "x.sops.json", Prefix: "/app/"}
			switch c.key {
			case "beside":
				props.EncryptionKey = awskms.NewKey(stack, new("Key"), nil)
			case "elsewhere":
				stacks = []awscdk.Stack{in("K", ireland), stack}
				props.EncryptionKey = awskms.NewKey(stacks[0], new("Key"), nil)
			case "imported":
				props.EncryptionKey = awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))
			}
			parameters := sopsconstructs.NewSopsParameters(stack, "Parameters", &props)
			home := stack
			if !c.together {
				home = in("R", c.region)
				stacks = append(stacks, home)
			}
			role := newRole(home)
			if c.all {
				parameters.GrantRead(role).AssertSuccess()
			} else {
				parameters.Parameter("database.users[0].name").GrantRead(role).AssertSuccess()
			}

			for _, policy := range resources(t, home, "AWS::IAM::Policy") {
				if strings.Contains(text(policy.Properties), `"Sid":""`) {
					t.Errorf("IAM takes no empty id: %s", text(policy.Properties))
				}
			}
			w := worldOf(t, stacks)
			key := ""
			switch {
			case c.key == "imported":
				key = keyOfSecret
				w.AddResource(key, account, keyPolicy(t))
			case c.key != "":
				key = w.text(t, stacks[0], props.EncryptionKey.KeyArn())
			}
			const prefix = "arn:aws:ssm:eu-west-1:" + account + ":parameter/"
			reader := w.text(t, home, role.RoleArn())
			w.AddIdentity("arn:aws:iam::" + account + ":role/stranger")
			w.AddIdentity("arn:aws:iam::"+otherAccount+":role/administrator", everything(t))
			for name, granted := range map[string]bool{
				"app/database/users/0/name": true, "app/my_api_key": c.all, "app/port": c.all,
				"app/another": false, "app/database": false, "app": false, "app2/port": false, "port": false,
			} {
				w.AddResource(prefix+name, account, nil)
				want := ""
				if granted {
					want = strings.TrimSpace("GetParameter GetParameters " + map[bool]string{true: "Decrypt"}[key != ""])
				}
				got := w.readsParameter(t, reader, prefix+name, key)
				if !granted && c.all && strings.HasPrefix(name, "app/") {
					got = strings.TrimPrefix(got, "Decrypt") // through SSM, which does not give it
				}
				if got != want {
					t.Errorf("of %s the grantee can %q, want %q", name, got, want)
				}
				for _, other := range []string{"arn:aws:iam::" + account + ":role/stranger", "arn:aws:iam::" + otherAccount + ":role/administrator"} {
					if got := w.readsParameter(t, other, prefix+name, key); got != "" {
						t.Errorf("of %s %s can %q", name, other, got)
					}
				}
			}
			checkOrder(t, stack, home, role)
		})
	}
}

// 300 parameters can be granted: no policy is larger than what IAM takes.
func TestGrantReadOfManyParameters(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", numbered(300, "some_setting_of_usual_length"))
	stack := at(awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"sops:decrypt": "skip"}}), "S", account, ireland)
	parameters := sopsconstructs.NewSopsParameters(stack, "Parameters", &many{SopsFilePath: "x.sops.json", Prefix: "/some/team/application",
		EncryptionKey: awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))})
	role := newRole(stack)
	parameters.GrantRead(role)
	id := *stack.GetLogicalId(role.Node().DefaultChild().(awscdk.CfnElement))
	found := 0
	for kind, limit := range map[string]int{"AWS::IAM::Policy": 10_240, "AWS::IAM::ManagedPolicy": 6_144} {
		for _, policy := range resources(t, stack, kind) {
			if !strings.Contains(text(policy.Properties["Roles"]), id) {
				continue
			}
			document := text(policy.Properties["PolicyDocument"])
			found += strings.Count(document, "some_setting_of_usual_length")
			// Each reference to the sync is the prefix, when it is deployed.
			sync := only(t, stack, "Custom::SopsSync").ID
			document = strings.NewReplacer(`{"Fn::Join":["",["`, `"`, `",{"Fn::GetAtt":["`+sync+`","Path"]},"`, "some/team/application", `"]]}`, `"`).Replace(document)
			if len(document) > limit {
				t.Errorf("%s has %d characters, and IAM takes %d", kind, len(document), limit)
			}
		}
	}
	if found != 300 {
		t.Errorf("%d parameters are granted", found)
	}
}

// A grant that could not work fails, and says what to do.
func TestGrantsOfParametersThatCannotWork(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	const prefix = `constructs: SopsStringParameter "S/Parameter": `
	for name, c := range map[string]struct {
		to   func(app awscdk.App, stack awscdk.Stack) awsiam.IGrantable
		want string
	}{
		"another account": {func(app awscdk.App, _ awscdk.Stack) awsiam.IGrantable {
			return newRole(at(app, "R", otherAccount, ireland))
		},
			prefix + `"R/Reader" is in another account, 444455556666, and a SecureString cannot be read from there by a policy; let it assume a role of this account, or use a SopsSecret with an EncryptionKey`},
		"another account's principal": {func(awscdk.App, awscdk.Stack) awsiam.IGrantable { return awsiam.NewAccountPrincipal(new(otherAccount)) },
			prefix + `"arn:${AWS::Partition}:iam::444455556666:root" is in another account`},
		"a principal without policies": {func(awscdk.App, awscdk.Stack) awsiam.IGrantable {
			return awsiam.NewServicePrincipal(new("ec2.amazonaws.com"), nil)
		},
			prefix + `"ec2.amazonaws.com" takes no policy, and a parameter has none of its own that could name it; grant to the role that reads`},
		"a stack without an env": {func(app awscdk.App, _ awscdk.Stack) awsiam.IGrantable {
			return newRole(awscdk.NewStack(app, new("R"), nil))
		},
			prefix + `of the stacks "S" and "R", one has an explicit account and the other has none; give both an env, or neither`},
	} {
		t.Run(name, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			stack := at(app, "S", account, ireland)
			parameter := sopsconstructs.NewSopsStringParameter(stack, "Parameter", &one{SopsFilePath: "x.sops.json", ParameterName: "key"})
			if got := panicOf(t, func() { parameter.GrantRead(c.to(app, stack)) }); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
