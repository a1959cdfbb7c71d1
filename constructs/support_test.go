package sopsconstructs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"testing"

	"filippo.io/age"
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

func TestMain(m *testing.M) {
	sopstest.WithoutValidation()
	removeStandIns, err := useStandIns()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if os.Getenv(runsApp) != "" {
		runApp()
		os.Exit(0)
	}
	// Once per process, before a test takes HOME away: there jsii keeps what it would
	// otherwise make anew, which takes ten seconds and more.
	awscdk.NewApp(nil)
	debug.SetGCPercent(400) // little of what the tests make lives long
	code := m.Run()
	jsii.Close()
	removeStandIns()
	os.Exit(code)
}

const (
	keyEU  = "arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000001"
	keyUS  = "arn:aws:kms:us-east-1:111122223333:key/1111aaaa-0000-4000-8000-000000000002"
	roleEU = "arn:aws:iam::111122223333:role/sops-dev-role"
)

// identity is made for each run of the tests: what it opens is thrown away with it.
var identity = func() *age.X25519Identity {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		panic(err)
	}
	return id
}()

// openable lets the machine that "synthesizes" open files encrypted to identity,
// and nothing else.
func openable(t *testing.T) {
	t.Helper()
	sopstest.Isolate(t)
	t.Setenv("SOPS_AGE_KEY", identity.String())
}

// standard is a file that this machine opens with age, and the function with KMS.
func standard(clear string) sopstest.File {
	return sopstest.File{JSON: clear, KMS: []sopstest.KMS{{ARN: keyEU}}, Age: []string{identity.Recipient().String()}}
}

// write puts the file at name in a new folder and goes there.
func write(t *testing.T, name string, file sopstest.File) {
	t.Helper()
	content, err := file.Encrypt()
	if err != nil {
		t.Fatal(err)
	}
	writeBytes(t, name, content)
}

func writeBytes(t *testing.T, name string, content []byte) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// newStack is a stack "S" in an app with this context.
func newStack(context map[string]any) awscdk.Stack {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &context, TreeMetadata: new(false)}) // which takes time, and nobody reads it here
	return awscdk.NewStack(app, new("S"), &awscdk.StackProps{Env: &awscdk.Environment{Region: new("eu-west-1")}})
}

// resource is one resource of a template.
type resource struct {
	ID         string
	Type       string
	Properties map[string]any
	DependsOn  any
	raw        map[string]any
}

// resources returns the template's resources of a type, or all for "".
func resources(t *testing.T, stack awscdk.Stack, kind string) []resource {
	t.Helper()
	template := *assertions.Template_FromStack(stack, nil).ToJSON()
	var found []resource
	for id, r := range template["Resources"].(map[string]any) {
		r := r.(map[string]any)
		if kind != "" && r["Type"] != kind {
			continue
		}
		properties, _ := r["Properties"].(map[string]any)
		found = append(found, resource{id, r["Type"].(string), properties, r["DependsOn"], r})
	}
	return found
}

// at returns a property inside others.
func (r resource) at(path ...string) any { return field(r.Properties, path...) }

func field(properties map[string]any, path ...string) any {
	var value any = properties
	for _, name := range path {
		fields, _ := value.(map[string]any)
		value = fields[name]
	}
	return value
}

// only returns the one resource of a type.
func only(t *testing.T, stack awscdk.Stack, kind string) resource {
	t.Helper()
	found := resources(t, stack, kind)
	if len(found) != 1 {
		t.Fatalf("got %d resources of type %s, want 1", len(found), kind)
	}
	return found[0]
}

// madeAt is the line of a message that says where in the tests a construct is made.
var madeAt = regexp.MustCompile(`\n  made at [^\n]*`)

// panicOf runs f and returns the message that it panics with, without the lines of tests.
func panicOf(t *testing.T, f func()) (message string) {
	t.Helper()
	return madeAt.ReplaceAllString(panicWith(t, f), "")
}

// panicWith runs f and returns the message that it panics with.
func panicWith(t *testing.T, f func()) (message string) {
	t.Helper()
	defer func() {
		r := recover()
		if r == nil {
			t.Fatal("did not panic")
		}
		message = fmt.Sprint(r)
	}()
	f()
	return ""
}

// warnings are the texts of the stack's warnings.
func warnings(stack awscdk.Stack) []string {
	var texts []string
	for _, message := range *assertions.Annotations_FromStack(stack).FindWarning(new("*"), assertions.Match_AnyValue()) {
		//lint:ignore SA1019 the assertions module still gives this type
		texts = append(texts, fmt.Sprint(message.Entry.Data))
	}
	return texts
}

// text is v as JSON, to compare and to search.
func text(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// ofFile are the properties of a secret from this file.
func ofFile(file sopsconstructs.SopsFile) sopsconstructs.SopsSecretProps {
	return sopsconstructs.SopsSecretProps{SopsFile: &file}
}

// synthFailure is the message with which the synthesis of the stack's app fails.
func synthFailure(t *testing.T, stack awscdk.Stack) string {
	t.Helper()
	return panicOf(t, func() { stack.Node().Root().(awscdk.App).Synth(nil) })
}

// findings are what the check of the synthesized app found: severity, rule, construct
// and description.
func findings(t *testing.T, app awscdk.App) []string {
	t.Helper()
	found, err := sopstest.Findings(*app.Outdir())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func newSecret(stack awscdk.Stack, id string, props sopsconstructs.SopsSecretProps) *sopsconstructs.SopsSecret {
	return sopsconstructs.NewSopsSecret(stack, id, &props)
}
