package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// keystore is what sops makes of a file of the binary format.
const keystore = `{"data": "content"}`

// What of the file lands is told to the function, and says which keys there are.
func TestOutputs(t *testing.T) {
	openable(t)
	for _, c := range []struct {
		name, file string
		output     sopsconstructs.Output
		want       string // of the protocol
		key        string // what Key("a") panics with; "" for nothing
	}{
		{"default", `{"a": {"b": "v"}, "c": "v"}`, "", `{"Mode":"flat"}`, `no key "a" in x.sops.json`},
		{"flat", `{"a": "v"}`, sopsconstructs.OutputFlatJSON, `{"Mode":"flat"}`, ""},
		{"nested", `{"a": {"b": "v"}}`, sopsconstructs.OutputNestedJSON, `{"Mode":"nested"}`, ""},
		{"raw", `{"a": "v"}`, sopsconstructs.OutputRaw, `{"Mode":"raw"}`, "has no keys; refer to the whole secret"},
		{"one value", `{"a": {"b": "v"}}`, sopsconstructs.OutputValue("a.b"), `{"Mode":"value","Value":"a.b"}`, "has no keys; refer to the whole secret"},
		{"binary", "", sopsconstructs.OutputBinary, `{"Mode":"binary"}`, "is binary (OutputBinary) and has no keys; call GrantRead"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := "x.sops.json"
			if c.file == "" {
				path, c.file = "x.jks", keystore
			}
			write(t, path, standard(c.file))
			stack := newStack(nil)
			s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: path, Output: c.output})
			if c.key == "" {
				s.Key("a")
			} else if got := panicOf(t, func() { s.Key("a") }); !strings.Contains(got, c.key) {
				t.Errorf("got %s", got)
			}
			if got := text(only(t, stack, "Custom::SopsSync").at("Output")); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	write(t, "x.sops.json", standard(clear))
	if got := failure(t, newStack(nil), sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Output: sopsconstructs.OutputValue("none")}); !strings.Contains(got, `no value has the name "none"`) {
		t.Errorf("got %s", got)
	}
	if got := failure(t, newStack(nil), sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Output: sopsconstructs.OutputValue("")}); !strings.Contains(got, `unknown Output "value:"`) {
		t.Errorf("got %s", got)
	}
}

// The whole secret can be referred to, whatever its text is: with the version inside its
// stack alone, and by the ARN alone where no version is named.
func TestWholeSecret(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, output := range []sopsconstructs.Output{"", sopsconstructs.OutputRaw, sopsconstructs.OutputValue("my_api_key")} {
		stack := newStack(nil)
		other := besides(stack, "Other")
		s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Output: output})
		imported := sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretCompleteArn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf", Output: output})
		for _, in := range []awscdk.Stack{stack, other} {
			consume(in, "Value", s.SecretValue())
			consume(in, "Build", s.BuildEnvironmentVariable().Value)
			task := awsecs.NewFargateTaskDefinition(in, new("Task"), nil)
			task.AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
				Image:   awsecs.ContainerImage_FromRegistry(new("example"), nil),
				Secrets: &map[string]awsecs.Secret{"A": s.EcsSecret(), "B": imported.EcsSecret()},
			})
		}
		sync := only(t, stack, syncprotocol.ResourceType).ID
		arn, version := `{"Fn::GetAtt":["`+sync+`","Arn"]}`, `{"Fn::GetAtt":["`+sync+`","VersionId"]}`
		for _, want := range []struct{ in, kind, text string }{
			{"own", "Test::Of::Value", `{"Fn::Join":["",["{{resolve:secretsmanager:",` + arn + `,":SecretString:::",` + version + `,"}}"]]}`},
			{"own", "Test::Of::Build", arn},
			{"own", "AWS::ECS::TaskDefinition", `"ValueFrom":{"Fn::Join":["",[` + arn + `,":::",` + version + `]]}`},
			{"own", "AWS::ECS::TaskDefinition", `"ValueFrom":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf"`},
			{"other", "AWS::ECS::TaskDefinition", `{"Name":"A","ValueFrom":{"Fn::Join":["",[{"Fn::ImportValue":"S:ExportsOutputFnGetAtt` + sync + `Arn`},
			{"other", "AWS::ECS::TaskDefinition", `"},""]]}},{"Name":"B",`},
			{"other", "Test::Of::Build", `{"Fn::ImportValue":`},
			{"other", "Test::Of::Value", `:SecretString:::}}`},
		} {
			in := map[string]awscdk.Stack{"own": stack, "other": other}[want.in]
			if got := text(only(t, in, want.kind).Properties); !strings.Contains(got, want.text) {
				t.Errorf("%q, %s stack: got %s\nwant %s in it", output, want.in, got, want.text)
			}
		}
		if got := text(resources(t, stack, "AWS::IAM::Policy")); !strings.Contains(got, "secretsmanager:GetSecretValue") {
			t.Errorf("nobody may read it: %s", got)
		}
	}
}

func TestWholeBinarySecret(t *testing.T) {
	openable(t)
	write(t, "x.jks", standard(keystore))
	s := newSecret(newStack(nil), "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.jks", Output: sopsconstructs.OutputBinary})
	for what, refer := range map[string]func(){
		"a dynamic reference":  func() { s.SecretValue() },
		"an ECS secret":        func() { s.EcsSecret() },
		"a CodeBuild variable": func() { s.BuildEnvironmentVariable() },
	} {
		want := "the secret is binary (OutputBinary), and cannot be " + what + "; call GrantRead, and let the program read SecretBinary when it runs"
		if got := panicOf(t, refer); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	// Another output of such a file says which one to take, and needs no key for that.
	for _, output := range []sopsconstructs.Output{"", sopsconstructs.OutputNestedJSON, sopsconstructs.OutputValue("data")} {
		if got := failure(t, newStack(nil), sopsconstructs.SopsSecretProps{SopsFilePath: "x.jks", Output: output}); !strings.Contains(got, "x.jks: a file of the binary format has no names; use OutputBinary") {
			t.Errorf("%q: got %s", output, got)
		}
	}
}

// The CDK allows a build every secret whose name begins with that of an incomplete ARN,
// so the whole of one that is imported by name stands by its name, too.
func TestWholeSecretByName(t *testing.T) {
	stack := newStack(nil)
	imported := sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretName: "app-dev", Output: sopsconstructs.OutputRaw})
	if got := imported.BuildEnvironmentVariable().Value; got != "app-dev" {
		t.Errorf("got %v", got)
	}
}
