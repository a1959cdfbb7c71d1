package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

func newFunction(stack awscdk.Stack) awslambda.Function {
	return awslambda.NewFunction(stack, new("Fn"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: new("index.handler"), Code: awslambda.Code_FromInline(new("x")),
	})
}

// variables are those of the function of a stack that has the handler of [newFunction].
func variables(t *testing.T, stack awscdk.Stack) string {
	t.Helper()
	for _, r := range resources(t, stack, "AWS::Lambda::Function") {
		if r.Properties["Handler"] == "index.handler" {
			environment, _ := r.Properties["Environment"].(map[string]any)
			return text(environment["Variables"])
		}
	}
	t.Fatal("there is no function")
	return ""
}

// The variable has what the function passes as SecretId, wherever it is, and the role has
// the rights on secret and key.
func TestAddToFunction(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	const complete = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:theirs-AbCdEf"
	for name, c := range map[string]struct {
		region string // of the function's stack; "" for the secret's own stack
		props  sopsconstructs.SopsSecretProps
		want   string // of the variables
	}{
		"its own stack":           {"", fromX, `{"SECRET":{"Fn::GetAtt":["SYNC","Arn"]}}`},
		"another stack":           {ireland, fromX, `{"SECRET":{"Fn::ImportValue":"S:ExportsOutputFnGetAttSYNCArn`},
		"another region":          {virginia, sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "app"}, `:secretsmanager:eu-west-1:111122223333:secret:app"`},
		"the region of a replica": {virginia, sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "app", ReplicaRegions: []*awssecretsmanager.ReplicaRegion{{Region: new(virginia)}}}, `:secretsmanager:us-east-1:111122223333:secret:app"`},
	} {
		t.Run(name, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			stack := at(app, "S", account, ireland)
			home := stack
			if c.region != "" {
				home = at(app, "F", account, c.region)
			}
			props := c.props
			if c.region != virginia {
				props.EncryptionKey = awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))
			}
			function := newFunction(home)
			grant := newSecret(stack, "Credentials", props).AddToFunction(function, "SECRET", "AWSCURRENT")
			if !*grant.Success() {
				t.Error("nothing was granted")
			}
			app.Synth(nil)
			if got := findings(t, app); len(got) > 0 {
				t.Errorf("got %q", got)
			}
			want := strings.ReplaceAll(c.want, "SYNC", only(t, stack, syncprotocol.ResourceType).ID)
			if got := variables(t, home); !strings.Contains(got, want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
			policies := text(resources(t, home, "AWS::IAM::Policy"))
			if !strings.Contains(policies, `"secretsmanager:VersionStage":["AWSCURRENT"]`) || props.EncryptionKey != nil && !strings.Contains(policies, `"Action":"kms:Decrypt"`) {
				t.Errorf("got the rights %s", policies)
			}
		})
	}
	t.Run("an import", func(t *testing.T) {
		stack := newStack(nil)
		var secret sopsconstructs.ISopsSecret = sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretCompleteArn: complete})
		secret.AddToFunction(newFunction(stack), "SECRET")
		if got, want := variables(t, stack), `{"SECRET":"`+complete+`"}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("other kinds of functions", func(t *testing.T) {
		stack := newStack(nil)
		newSecret(stack, "Credentials", fromX).AddToFunction(awslambda.NewSingletonFunction(stack, new("Single"), &awslambda.SingletonFunctionProps{
			Uuid: new("f"), Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: new("index.handler"), Code: awslambda.Code_FromInline(new("x")),
		}), "SECRET")
		if got := variables(t, stack); !strings.Contains(got, `"Fn::GetAtt"`) {
			t.Errorf("got %s", got)
		}
		var _ sopsconstructs.LambdaFunction = awslambda.DockerImageFunction(nil)
	})
}

func TestAddToFunctionMisuse(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	app := awscdk.NewApp(nil)
	stack := at(app, "S", account, ireland)
	named := func(id, name string) *sopsconstructs.SopsSecret {
		return newSecret(stack, id, sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: name, EncryptionKey: awskms.NewKey(stack, new("Key"+id), nil)})
	}
	s := named("Credentials", "")
	here, there, abroad := newFunction(stack), newFunction(at(app, "There", account, virginia)), newFunction(at(app, "Abroad", otherAccount, ireland))
	for want, misuse := range map[string]func(){
		`"" cannot be an environment variable of Lambda; use two or more letters`:      func() { s.AddToFunction(here, "") },
		`"SECRET-ARN" cannot be an environment variable of Lambda`:                     func() { s.AddToFunction(here, "SECRET-ARN") },
		`AddToFunction of "Abroad/Fn": it is in another account, or may be, and needs`: func() { s.AddToFunction(abroad, "SECRET") },
		`AddToFunction of "There/Fn": the secret has no SecretName`:                    func() { s.AddToFunction(there, "SECRET") },
		`Secrets Manager would take the end of "my-secret" for them; choose another`:   func() { named("Two", "my-secret").AddToFunction(there, "SECRET") },
	} {
		if got := panicOf(t, misuse); !strings.HasPrefix(got, `constructs: SopsSecret "S/`) || !strings.Contains(got, want) {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

// VersionID changes with what lands, in the secret's own stack and those nested in it. No
// other stack can take it.
func TestVersionID(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, mode := range []string{"strong", "both"} {
		context := inMode(mode)
		app := awscdk.NewApp(&awscdk.AppProps{Context: &context, TreeMetadata: new(false)})
		stack := awscdk.NewStack(app, new("S"), nil)
		s := newSecret(stack, "Credentials", fromX)
		function := newFunction(stack)
		function.AddEnvironment(new("VERSION"), new(s.VersionID()), nil)
		nested := nestedIn(stack)
		newFunction(nested).AddEnvironment(new("VERSION"), new(s.VersionID()), nil)
		app.Synth(nil)
		if got := findings(t, app); len(got) > 0 {
			t.Errorf("got %q", got)
		}
		sync := only(t, stack, syncprotocol.ResourceType).ID
		if got, want := variables(t, stack), `{"VERSION":{"Fn::GetAtt":["`+sync+`","VersionId"]}}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := variables(t, nested); !strings.Contains(got, `{"VERSION":{"Ref":"referenceto`) {
			t.Errorf("nested: got %s", got)
		}

		app = awscdk.NewApp(&awscdk.AppProps{Context: &context, TreeMetadata: new(false)})
		stack = awscdk.NewStack(app, new("S"), nil)
		s = newSecret(stack, "Credentials", fromX)
		newFunction(awscdk.NewStack(app, new("Other"), nil)).AddEnvironment(new("VERSION"), new(s.VersionID()), nil)
		if got := panicOf(t, func() { app.Synth(nil) }); !strings.Contains(got, "ValidationFailed") {
			t.Errorf("another stack, %s: got %s", mode, got)
		}
		if got := findings(t, app); len(got) != 1 || !strings.HasPrefix(got[0], "fatal exported-version S: exports the version") {
			t.Errorf("another stack, %s: got %q", mode, got)
		}
	}
	plain := newSecret(newStack(nil), "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", UnsafePlaintextInTemplate: true})
	if got := panicOf(t, func() { plain.VersionID() }); !strings.Contains(got, `SopsSecret "S/Credentials": VersionID is that of the sync, and with UnsafePlaintextInTemplate there is none`) {
		t.Errorf("got %s", got)
	}
}
