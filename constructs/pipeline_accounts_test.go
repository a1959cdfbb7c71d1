package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// newProject is a project with a key of the secret in its environment.
func newProject(stack awscdk.Stack, variable *awscodebuild.BuildEnvironmentVariable) awscodebuild.Project {
	return awscodebuild.NewProject(stack, new("Build"), &awscodebuild.ProjectProps{
		BuildSpec:            awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
		EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{"KEY": variable},
	})
}

// A project of another account has the secret's ARN, from an import there, in its
// variable, and by the grant of the secret's own construct it can fetch the value.
func TestBuildVariableInAnotherAccount(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	app := awscdk.NewApp(nil)
	stack, home := at(app, "S", account, ireland), at(app, "R", otherAccount, ireland)
	key := awskms.NewKey(stack, new("Key"), nil)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "a_name", EncryptionKey: key})
	there := sopsconstructs.ImportSopsSecret(home, "Credentials", &sopsconstructs.ImportSopsSecretProps{SecretCompleteArn: importedComplete, SopsFilePath: "x.sops.json"})
	project := newProject(home, there.Key("my_api_key").BuildEnvironmentVariable())
	s.GrantRead(project)

	w := worldOf(t, []awscdk.Stack{stack, home})
	on := target{w.text(t, stack, s.Secret().SecretArn()), w.text(t, stack, key.KeyArn()), ireland}
	role := w.text(t, home, project.Role().RoleArn())
	if got := text(only(t, home, "AWS::CodeBuild::Project").Properties["Environment"]); !strings.Contains(got, `"Value":"`+on.secret+`:my_api_key"`) {
		t.Errorf("got %s", got)
	}
	if !w.may(t, role, "secretsmanager:GetSecretValue", on.secret) || !w.may(t, role, "kms:Decrypt", on.key, "kms:ViaService", "secretsmanager.eu-west-1.amazonaws.com") {
		t.Error("the project cannot fetch the value")
	}
	if w.may(t, role, "kms:Decrypt", on.key) {
		t.Error("the project may use the key without Secrets Manager")
	}
}

// Between stacks of one app the CDK passes the ARN, also from account to account and
// from region to region; never a version.
func TestReferencesFromElsewhere(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for call, place := range map[string][2]string{`{"Fn::GetStackOutput":`: {otherAccount, ireland}, `{"Fn::GetAtt":["ExportsReader`: {account, virginia}} {
		app := awscdk.NewApp(nil)
		stack, home := at(app, "S", account, ireland), at(app, "R", place[0], place[1])
		s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "a_name"})
		newProject(home, s.Key("my_api_key").BuildEnvironmentVariable())
		consume(home, "Value", s.Key("my_api_key").SecretValue())
		for what, got := range map[string]string{
			`},":my_api_key"]]}`:                  text(only(t, home, "AWS::CodeBuild::Project").Properties["Environment"]),
			`},":SecretString:my_api_key::}}"]]}`: text(only(t, home, "Test::Of::Value").Properties),
		} {
			if !strings.Contains(got, call) || !strings.Contains(got, what) || !strings.Contains(got, `Arn`) {
				t.Errorf("got %s", got)
			}
		}
		for _, each := range []awscdk.Stack{stack, home} {
			if all := text(*assertions.Template_FromStack(each, nil).ToJSON()); strings.Contains(all, "VersionId") {
				t.Errorf("a version is passed on: %s", all)
			}
		}
	}
}
