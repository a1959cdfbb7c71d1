package sopsconstructs_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
)

// plant is a way in which an app gives a value away, and a part of the path of a file that
// then holds it.
type plant struct {
	name string
	in   func(stack awscdk.Stack, value string)
	file string
}

// asset writes a file to a folder and makes an asset of it.
func assetOf(t *testing.T, stack awscdk.Stack, id, content string) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "settings.env"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	awss3assets.NewAsset(stack, &id, &awss3assets.AssetProps{Path: &folder})
}

func plants(t *testing.T) []plant {
	return []plant{
		{"output", func(s awscdk.Stack, v string) {
			awscdk.NewCfnOutput(s, new("Out"), &awscdk.CfnOutputProps{Value: &v})
		}, "S.template.json"},
		{"tag", func(s awscdk.Stack, v string) { awscdk.Tags_Of(s).Add(new("Note"), &v, nil) }, "manifest.json"},
		{"metadata", func(s awscdk.Stack, v string) { s.Node().AddMetadata(new("note"), v, nil) }, "S.metadata.json"},
		{"environment", func(s awscdk.Stack, v string) {
			awslambda.NewFunction(s, new("Env"), &awslambda.FunctionProps{
				Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: new("index.main"), Code: awslambda.Code_FromInline(new("pass")),
				Environment: &map[string]*string{"DATABASE": new("postgres://user:" + v + "@db")},
			})
		}, "S.template.json"},
		{"asset", func(s awscdk.Stack, v string) { assetOf(t, s, "Asset", "PASSWORD="+v+"\n") }, "settings.env"},
		{"base64 in an asset", func(s awscdk.Stack, v string) {
			assetOf(t, s, "Encoded", "x"+base64.StdEncoding.EncodeToString([]byte("user:"+v)))
		}, "settings.env"},
		{"user data", func(s awscdk.Stack, v string) {
			awsec2.NewLaunchTemplate(s, new("Launch"), &awsec2.LaunchTemplateProps{UserData: awsec2.UserData_Custom(new("export PASSWORD='" + v + "'"))})
		}, "S.template.json"},
		{"nested stack", func(s awscdk.Stack, v string) {
			awscdk.NewCfnOutput(nestedIn(s), new("Out"), &awscdk.CfnOutputProps{Value: &v})
		}, "nested.template.json"},
		{"Stage", func(s awscdk.Stack, v string) {
			other := awscdk.NewStack(stageOf(s.Node().Root().(awscdk.App)), new("T"), nil)
			awscdk.NewCfnOutput(other, new("Out"), &awscdk.CfnOutputProps{Value: &v})
		}, filepath.Join("assembly-Prod", "ProdT")},
		{"join", func(s awscdk.Stack, v string) {
			awscdk.NewCfnOutput(s, new("Joined"), &awscdk.CfnOutputProps{Value: awscdk.Fn_Join(&v, &[]*string{s.Region(), s.Account()})})
		}, "S.template.json"},
		{"policy", func(s awscdk.Stack, v string) {
			newRole(s).AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions: &[]*string{new("s3:GetObject")}, Resources: &[]*string{new("*")},
				Conditions: &map[string]any{"StringEquals": map[string]any{"aws:UserAgent": v}},
			}))
		}, "S.template.json"},
		{"state machine", func(s awscdk.Stack, v string) {
			awsstepfunctions.NewStateMachine(s, new("Machine"), &awsstepfunctions.StateMachineProps{
				DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(awsstepfunctions.NewPass(s, new("Pass"), &awsstepfunctions.PassProps{
					Result: awsstepfunctions.Result_FromObject(&map[string]any{"inner": text(map[string]string{"password": v})}),
				})),
			})
		}, "S.template.json"},
		{"build specification", func(s awscdk.Stack, v string) {
			awscodebuild.NewProject(s, new("Build"), &awscodebuild.ProjectProps{BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{
				"version": "0.2", "phases": map[string]any{"build": map[string]any{"commands": []string{"login '" + v + "'"}}},
			})})
		}, "S.template.json"},
	}
}

// leakedValue is a throw-away value with what the encodings escape.
func leakedValue(i int) string { return fmt.Sprintf("q%d\"<Zr&9/w\\+k é%dx", i, i) }

// leakFile writes a file with a value for each plant.
func leakFile(t *testing.T, all []plant) {
	t.Helper()
	values := map[string]string{}
	for i, p := range all {
		values[p.name] = leakedValue(i)
	}
	write(t, "x.sops.json", standard(text(values)))
}

// leaks are the findings about decrypted values.
func leaks(t *testing.T, app awscdk.App) []string {
	t.Helper()
	var found []string
	for _, f := range findings(t, app) {
		if strings.HasPrefix(f, "fatal leak ") {
			found = append(found, f)
		}
	}
	return found
}

func TestLeaksAreFound(t *testing.T) {
	openable(t)
	all := plants(t)
	leakFile(t, all)
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("S"), nil)
	newSecret(stack, "Credentials", fromX)
	for i, p := range all {
		p.in(stack, leakedValue(i))
	}
	message := panicOf(t, func() { app.Synth(nil) })
	found := leaks(t, app)
	for _, p := range all {
		want := func(f string) bool {
			file, keys, _ := strings.Cut(f, " holds the decrypted value of ")
			return strings.Contains(file, p.file) && strings.Contains(keys, fmt.Sprintf("%q of x.sops.json", p.name))
		}
		if !anyOf(found, want) {
			t.Errorf("%s: not found in %s", p.name, p.file)
		}
	}
	report, err := os.ReadFile(filepath.Join(*app.Outdir(), "validation-report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var decoded any
	if err := json.Unmarshal(report, &decoded); err != nil {
		t.Fatal(err)
	}
	for i, p := range all {
		if said := fmt.Sprint(message, decoded); strings.Contains(said, leakedValue(i)) {
			t.Errorf("%s: the message holds the value", p.name)
		}
	}
	if t.Failed() {
		for _, f := range found {
			t.Logf("%.300q", f)
		}
	}
}

func anyOf(list []string, ok func(string) bool) bool {
	for _, s := range list {
		if ok(s) {
			return true
		}
	}
	return false
}
