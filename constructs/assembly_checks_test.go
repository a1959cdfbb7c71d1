package sopsconstructs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// inMode is the context of an app with one of the CDK's ways to refer to another
// stack.
func inMode(mode string) map[string]any {
	return map[string]any{"aws:cdk:enable-path-metadata": true, "@aws-cdk/core:defaultCrossStackReferences": mode}
}

// The templates of nested stacks and of Stages are checked too, however stacks refer
// to each other. The templates of nested stacks are found with and without the
// metadata that the cdk command asks for.
func TestEveryTemplateIsChecked(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	places := map[string]func(awscdk.App) awscdk.Stack{
		"a stack":           func(app awscdk.App) awscdk.Stack { return awscdk.NewStack(app, new("S"), nil) },
		"a nested stack":    func(app awscdk.App) awscdk.Stack { return nestedIn(awscdk.NewStack(app, new("P"), nil)) },
		"a Stage":           func(app awscdk.App) awscdk.Stack { return awscdk.NewStack(stageOf(app), new("S"), nil) },
		"nested in a Stage": func(app awscdk.App) awscdk.Stack { return nestedIn(awscdk.NewStack(stageOf(app), new("P"), nil)) },
	}
	for _, mode := range []string{"strong", "both", "weak"} {
		for place, in := range places {
			for _, metadata := range []bool{false, true} {
				t.Run(mode+" "+place, func(t *testing.T) {
					context := inMode(mode)
					context["aws:cdk:enable-asset-metadata"] = metadata
					app := awscdk.NewApp(&awscdk.AppProps{Context: &context, TreeMetadata: new(false)})
					stack := in(app)
					s := newSecret(stack, "Credentials", fromX)
					// A writer beside it, and one in another stack of the same Stage.
					other := awscdk.NewStack(awscdk.Stage_Of(stack), new("Other"), nil)
					for _, home := range []awscdk.Stack{stack, other} {
						newRole(home).AddToPolicy(may("secretsmanager:PutSecretValue", *s.Secret().SecretArn()))
					}
					app.Synth(nil)
					found := findings(t, app)
					want := []string{
						"warning writer " + *other.Node().Path() + "/Reader/DefaultPolicy/Resource: ",
						"warning writer " + *stack.Node().Path() + "/Reader/DefaultPolicy/Resource: ",
					}
					slices.Sort(want)
					slices.Sort(found)
					if len(found) != len(want) {
						t.Fatalf("got %q", found)
					}
					for i := range want {
						if !strings.HasPrefix(found[i], want[i]) || !strings.Contains(found[i], `"`+*stack.Node().Path()+`/Credentials"`) {
							t.Errorf("got %q, want %q about %s", found[i], want[i], *stack.Node().Path())
						}
					}
				})
			}
		}
	}
}

func nestedIn(stack awscdk.Stack) awscdk.Stack {
	return awscdk.NewNestedStack(stack, new("Nested"), nil)
}

func stageOf(app awscdk.App) awscdk.Stage { return awscdk.NewStage(app, new("Prod"), nil) }

// A version that an app exports by hand is refused in each mode, from Stages that were
// synthesized early too.
func TestAnExportedVersionIsRefusedEverywhere(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, mode := range []string{"strong", "both", "weak"} {
		context := inMode(mode)
		app := awscdk.NewApp(&awscdk.AppProps{Context: &context, TreeMetadata: new(false)})
		stage := stageOf(app)
		stack := awscdk.NewStack(stage, new("S"), nil)
		s := newSecret(stack, "Credentials", fromX)
		awscdk.NewCfnOutput(stack, new("Out"), &awscdk.CfnOutputProps{Value: new(s.Key("my_api_key").CfnDynamicReferenceKey()), ExportName: new("out")})
		stage.Synth(nil)
		if got := panicOf(t, func() { app.Synth(nil) }); !strings.Contains(got, "ValidationFailed") {
			t.Errorf("%s: got %s", mode, got)
		}
		if got := findings(t, app); len(got) != 1 || !strings.HasPrefix(got[0], "fatal exported-version Prod/S") {
			t.Errorf("%s: got %q", mode, got)
		}
	}
}

// A file that cannot be decrypted fails the app, although its Stage was synthesized
// before.
func TestAFailedFileOfAnEarlyStage(t *testing.T) {
	openable(t)
	file := standard(clear)
	file.WrongMAC = true
	write(t, "x.sops.json", file)
	app := awscdk.NewApp(nil)
	stage := stageOf(app)
	newSecret(awscdk.NewStack(stage, new("S"), nil), "Credentials", fromX)
	stage.Synth(nil)
	if got := panicOf(t, func() { app.Synth(nil) }); !strings.Contains(got, `constructs: SopsSecret "Prod/S/Credentials": x.sops.json: the file's message authentication code (MAC) does not fit`) {
		t.Errorf("got %s", got)
	}
}

// The checks hang on the app once, and a warning can be acknowledged.
func TestAcknowledgedWarnings(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, acknowledged := range []bool{false, true} {
		context := inMode("strong")
		app := awscdk.NewApp(&awscdk.AppProps{Context: &context, TreeMetadata: new(false)})
		stack := awscdk.NewStack(app, new("S"), nil)
		for _, id := range []string{"One", "Two"} {
			newSecret(stack, id, fromX)
		}
		s := newSecret(stack, "Credentials", fromX)
		role := newRole(stack)
		role.AddToPolicy(may("secretsmanager:PutSecretValue", *s.Secret().SecretArn()))
		if acknowledged {
			awscdk.Validations_Of(role).Acknowledge(&awscdk.Acknowledgment{Id: new("sopscdk::writer"), Reason: new("a test")})
		}
		app.Synth(nil)
		if got := findings(t, app); len(got) != map[bool]int{false: 1, true: 0}[acknowledged] {
			t.Errorf("acknowledged %v: got %q", acknowledged, got)
		}
	}
}

// A key that the file does not have is caught where the CDK's own modules take it, and what
// is written by hand; so is a function that gets the ARN and may not read. An error fails the
// synthesis unless it is acknowledged.
func TestWhatReadsBesideTheReferences(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, acknowledged := range []bool{false, true} {
		context := inMode("strong")
		app := awscdk.NewApp(&awscdk.AppProps{Context: &context, TreeMetadata: new(false)})
		stack := awscdk.NewStack(app, new("S"), nil)
		s := newSecret(stack, "Credentials", fromX)
		task := awsecs.NewFargateTaskDefinition(stack, new("Task"), nil)
		task.AddContainer(new("c"), &awsecs.ContainerDefinitionOptions{
			Image: awsecs.ContainerImage_FromRegistry(new("busybox"), nil),
			Secrets: &map[string]awsecs.Secret{
				"RIGHT": awsecs.Secret_FromSecretsManager(s.Secret(), new("my_api_key")),
				"WRONG": awsecs.Secret_FromSecretsManager(s.Secret(), new("my_api_kye")),
			},
		})
		function := awslambda.NewFunction(stack, new("Fn"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: new("index.handler"), Code: awslambda.Code_FromInline(new("x")),
			Environment: &map[string]*string{"SECRET": s.Secret().SecretArn()},
		})
		if acknowledged {
			awscdk.Validations_Of(task).Acknowledge(&awscdk.Acknowledgment{Id: new("sopscdk::unknown-key"), Reason: new("a test")})
			s.GrantRead(function)
			app.Synth(nil)
			if got := findings(t, app); len(got) != 0 {
				t.Errorf("acknowledged, and with the right: got %q", got)
			}
			continue
		}
		if got := panicOf(t, func() { app.Synth(nil) }); !strings.Contains(got, "ValidationFailed") {
			t.Errorf("got %s", got)
		}
		want := []string{
			`error unknown-key S/Task/Resource: the secret WRONG of the container c takes the key "my_api_kye" of the secret of "S/Credentials", which its file does not have; did you mean "my_api_key"?`,
			`warning reader-without-right S/Fn/Resource: the variable SECRET of the function gets the ARN of the secret of "S/Credentials", and its role may not read it`,
		}
		got := findings(t, app)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// ECS does not find a secret that was imported by its name, which the CDK's own secret of ECS
// lets pass (aws/aws-cdk#20744).
func TestTheCDKsEcsSecretOfAnImportByName(t *testing.T) {
	context := inMode("strong")
	app := awscdk.NewApp(&awscdk.AppProps{Context: &context, TreeMetadata: new(false)})
	stack := awscdk.NewStack(app, new("S"), nil)
	imported := sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretName: "theirs"})
	awsecs.NewFargateTaskDefinition(stack, new("Task"), nil).AddContainer(new("c"), &awsecs.ContainerDefinitionOptions{
		Image:   awsecs.ContainerImage_FromRegistry(new("busybox"), nil),
		Secrets: &map[string]awsecs.Secret{"A": awsecs.Secret_FromSecretsManager(imported.Secret(), new("my_api_key"))},
	})
	if got := panicOf(t, func() { app.Synth(nil) }); !strings.Contains(got, "ValidationFailed") {
		t.Errorf("got %s", got)
	}
	want := []string{`error incomplete-arn S/Task/Resource: the secret A of the container c names the secret of "S/Imported" without the six characters at the end of its ARN, and is not found by that`}
	if got := findings(t, app); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// sops keeps the quotes of a dotenv file, and so they would land: a warning names the keys,
// and no value. What sops prints is what the raw output is for.
func TestQuotedValues(t *testing.T) {
	const testdata = "../internal/sopsfile/testdata/"
	keys, err := filepath.Abs(testdata + "THROW-AWAY-TEST-KEYS.txt")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(testdata + "lines.env")
	if err != nil {
		t.Fatal(err)
	}
	sopstest.Isolate(t)
	t.Setenv("SOPS_AGE_KEY_FILE", keys)
	writeBytes(t, "lines.env", content)
	for output, want := range map[sopsconstructs.Output][]string{
		"":                       {"warning quoted-value S/Credentials: the quotes around values of lines.env land as a part of the secret, since sops keeps them in a dotenv file: \"QUOTED\""},
		sopsconstructs.OutputRaw: nil,
	} {
		app := awscdk.NewApp(nil)
		stack := awscdk.NewStack(app, new("S"), nil)
		newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{Output: output, SopsFile: &sopsconstructs.SopsFile{
			Path: "lines.env", AgeIdentities: []*sopsconstructs.AgeIdentity{
				sopsconstructs.AgeIdentityFromSecret(awssecretsmanager.Secret_FromSecretNameV2(stack, new("Identity"), new("identity"))),
			},
		}})
		app.Synth(nil)
		if got := findings(t, app); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", output, got, want)
		}
	}
}
