package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// reference is what both constructs give.
type reference interface {
	ParameterName() string
	ParameterArn() string
	EcsSecret() awsecs.Secret
	BuildEnvironmentVariable() *awscodebuild.BuildEnvironmentVariable
	GrantRead(grantee awsiam.IGrantable) awsiam.Grant
	StringParameter() awsssm.IStringParameter
}

// oneNamed is the one resource of a type whose id begins so.
func oneNamed(t *testing.T, stack awscdk.Stack, kind, prefix string) resource {
	t.Helper()
	for _, r := range resources(t, stack, kind) {
		if strings.HasPrefix(r.ID, prefix) {
			return r
		}
	}
	t.Fatalf("no %s %s", kind, prefix)
	return resource{}
}

// firstOf is the value of a field in the one entry of a list.
func firstOf(list any, name string) any { return list.([]any)[0].(map[string]any)[name] }

// Passed back into the CDK, in the parameters' stack and in another one, each reference is
// the name or the ARN once it is deployed, waits for the sync, and its reader can read.
func TestParametersPassedBackIntoTheCDK(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for name, make := range map[string]func(stack awscdk.Stack, key awskms.IKey) reference{
		"simple": func(stack awscdk.Stack, key awskms.IKey) reference {
			return sopsconstructs.NewSopsStringParameter(stack, "P", &one{SopsFilePath: "x.sops.json", ParameterName: "simple", Output: sopsconstructs.OutputValue("port"), EncryptionKey: key})
		},
		"/in/a/hierarchy": func(stack awscdk.Stack, key awskms.IKey) reference {
			return sopsconstructs.NewSopsStringParameter(stack, "P", &one{SopsFilePath: "x.sops.json", ParameterName: "/in/a/hierarchy", EncryptionKey: key})
		},
		"/app/dev/database/users/0/name": func(stack awscdk.Stack, key awskms.IKey) reference {
			return sopsconstructs.NewSopsParameters(stack, "P", &many{SopsFilePath: "x.sops.json", Prefix: "/app/dev/", EncryptionKey: key}).Parameter("database.users[0].name")
		},
	} {
		t.Run(name, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			stack, other := awscdk.NewStack(app, new("S"), nil), awscdk.NewStack(app, new("R"), nil)
			key := awskms.NewKey(stack, new("Key"), nil)
			p := make(stack, key)
			arn := "arn:aws:ssm:eu-west-1:" + account + ":parameter/" + strings.TrimPrefix(name, "/")

			roles := map[string]func(awscdk.Stack) *string{}
			for _, in := range []awscdk.Stack{stack, other} {
				task := awsecs.NewFargateTaskDefinition(in, new("Task"), nil)
				task.AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
					Image:   awsecs.ContainerImage_FromRegistry(new("example"), nil),
					Secrets: &map[string]awsecs.Secret{"KEY": p.EcsSecret()},
				})
				project := newProject(in, p.BuildEnvironmentVariable())
				function := awslambda.NewFunction(in, new("Reads"), &awslambda.FunctionProps{
					Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: new("index.handler"), Code: awslambda.Code_FromInline(new("pass")),
					Environment: &map[string]*string{"PARAMETER": new(p.ParameterName())},
				})
				p.GrantRead(project)
				p.GrantRead(function)
				where := *in.StackName()
				roles[where+" task"] = func(awscdk.Stack) *string { return task.ExecutionRole().RoleArn() }
				roles[where+" project"] = func(awscdk.Stack) *string { return project.Role().RoleArn() }
				roles[where+" function"] = func(awscdk.Stack) *string { return function.Role().RoleArn() }
			}
			w := worldOf(t, []awscdk.Stack{stack, other})
			w.AddResource(arn, account, nil)
			keyARN := w.text(t, stack, key.KeyArn())
			for _, in := range []awscdk.Stack{stack, other} {
				where := *in.StackName()
				for who, role := range roles {
					if !strings.HasPrefix(who, where) {
						continue
					}
					if got := w.readsParameter(t, w.text(t, in, role(in)), arn, keyARN); got != "GetParameter GetParameters Decrypt" {
						t.Errorf("%s can %q", who, got)
					}
				}
				for what, c := range map[string]struct {
					value any
					want  string
				}{
					"the function's variable": {oneNamed(t, in, "AWS::Lambda::Function", "Reads").at("Environment", "Variables", "PARAMETER"), name},
					"the build's variable":    {firstOf(only(t, in, "AWS::CodeBuild::Project").at("Environment", "EnvironmentVariables"), "Value"), name},
					"the container's secret":  {firstOf(firstOf(only(t, in, "AWS::ECS::TaskDefinition").Properties["ContainerDefinitions"], "Secrets"), "ValueFrom"), arn},
				} {
					got, err := w.stacks[in].Text(c.value)
					if err != nil || got != c.want {
						t.Errorf("%s, %s: got %q, %v; want %q", where, what, got, err, c.want)
					}
					waits := "Fn::GetAtt"
					if in == other {
						waits = "Fn::ImportValue"
					}
					if !strings.Contains(text(c.value), waits) {
						t.Errorf("%s, %s does not wait for the sync: %s", where, what, text(c.value))
					}
				}
			}
		})
	}
}

// The CDK's own view goes through constructs that take any parameter, and waits, too.
func TestParameterAsTheCDKKnowsIt(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := awscdk.NewStack(awscdk.NewApp(nil), new("S"), nil)
	key := awskms.NewKey(stack, new("Key"), nil)
	simple := sopsconstructs.NewSopsStringParameter(stack, "Simple", &one{SopsFilePath: "x.sops.json", ParameterName: "simple"})
	below := sopsconstructs.NewSopsParameters(stack, "Below", &many{SopsFilePath: "x.sops.json", Prefix: "/app", EncryptionKey: key})
	views := map[string]awsssm.IStringParameter{"simple": simple.StringParameter(), "/app/port": below.Parameter("port").StringParameter()}
	if below.Parameter("port").StringParameter() != views["/app/port"] {
		t.Error("there are two of one")
	}
	below.Parameter("my_api_key").StringParameter() // beside it
	role := newRole(stack)
	secrets := map[string]awsecs.Secret{}
	for name, view := range views {
		secrets[name] = awsecs.Secret_FromSsmParameter(view)
		view.GrantRead(role)
	}
	task := awsecs.NewFargateTaskDefinition(stack, new("Task"), nil)
	task.AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{Image: awsecs.ContainerImage_FromRegistry(new("example"), nil), Secrets: &secrets})

	w := worldOf(t, []awscdk.Stack{stack})
	keyARN := w.text(t, stack, key.KeyArn())
	for name, view := range views {
		arn := "arn:aws:ssm:eu-west-1:" + account + ":parameter/" + strings.TrimPrefix(name, "/")
		w.AddResource(arn, account, nil)
		if got := w.text(t, stack, view.ParameterName()); got != name {
			t.Errorf("got the name %q, want %q", got, name)
		}
		if got := w.text(t, stack, view.ParameterArn()); got != arn {
			t.Errorf("got the ARN %q, want %q", got, arn)
		}
		if got := text(stack.Resolve(view.ParameterName())); !strings.Contains(got, "Fn::GetAtt") {
			t.Errorf("%s does not wait for the sync", got)
		}
		for _, reader := range []*string{role.RoleArn(), task.ExecutionRole().RoleArn()} {
			if who := w.text(t, stack, reader); !w.may(t, who, "ssm:GetParameters", arn) || name != "simple" && !w.may(t, who, "kms:Decrypt", keyARN) {
				t.Errorf("%s cannot read %s", who, name)
			}
		}
	}
	synthesis(t, stack)
}
