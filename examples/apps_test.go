package examples_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

// outVariable is the environment variable with the folder that the assemblies are
// written to, to be linted; without it they are thrown away.
const outVariable = "SOPSCDK_EXAMPLES_OUT"

// names are all examples.
var names = slices.Sorted(maps.Keys(checks))

// alone is the example that runs as the cdk command runs it: in its folder, where Node finds
// the files that it names, and with Run. The others share one process, and so one Node.
const alone = "rotation"

// binary is a program that is all examples.
var binary string

// assemblies are what the examples synthesized, by name.
var assemblies = map[string]*assembly{}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "examples")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := 1
	if err := synthAll(dir); err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// assembly is what an example synthesized into the folder dir.
type assembly struct {
	name, dir string
	// folder is where the example ran, and context what cdk.json has for it there.
	folder  string
	context map[string]any
	// failed is the message with which the example failed.
	failed string
	// stderr is what Node printed, for all examples of its process.
	stderr string
}

// runner takes the place of sopsconstructs.Run in the examples.
const runner = `package runner

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

var next struct {
	Name, Dir, Out string
	Context        map[string]any
}

func Run(build func(app awscdk.App), contextKeys ...string) {
	if next.Name == "" {
		sopsconstructs.Run(build, contextKeys...)
		return
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &next.Out, Context: &next.Context})
	build(app)
	app.Synth(nil)
}

// All runs, one after the other, what the standard input lists, and prints the failures.
func All(mains map[string]func()) {
	failures := map[string]string{}
	for decoder := json.NewDecoder(os.Stdin); decoder.More(); {
		if err := decoder.Decode(&next); err != nil {
			panic(err)
		}
		if err := os.Chdir(next.Dir); err != nil {
			panic(err)
		}
		func() {
			defer func() {
				if failure := recover(); failure != nil {
					failures[next.Name] = fmt.Sprint(failure)
				}
			}()
			mains[next.Name]()
		}()
	}
	jsii.Close()
	if err := json.NewEncoder(os.Stdout).Encode(failures); err != nil {
		panic(err)
	}
}
`

// buildAll builds one program of all examples, since to link each with the CDK takes
// longer than everything else here. In an overlay, which go build takes for files that
// are there, each main.go is a package with a function Main.
func buildAll(dir string) (string, error) {
	module, err := filepath.Abs("..")
	if err != nil {
		return "", err
	}
	const all = "github.com/ebb7bed6/sopscdk/examples/all/"
	overlay := map[string]string{}
	add := func(virtual, content string) error {
		file := filepath.Join(dir, fmt.Sprintf("%d.go", len(overlay)))
		overlay[filepath.Join(module, "examples", "all", virtual)] = file
		return os.WriteFile(file, []byte(content), 0o644)
	}
	imports, mains := fmt.Sprintf("import %q\n", all+"runner"), ""
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(name, "main.go"))
		if err != nil {
			return "", err
		}
		text := string(content)
		for _, change := range [][2]string{
			{"\npackage main\n", "\npackage " + name + "\n\nimport " + fmt.Sprintf("%q", all+"runner") + "\n"},
			{"\nfunc main() {", "\nfunc Main() {"},
			{"\tsopsconstructs.Run(", "\trunner.Run("},
		} {
			if strings.Count(text, change[0]) != 1 {
				return "", fmt.Errorf("examples/%s/main.go: not one %q", name, change[0])
			}
			text = strings.Replace(text, change[0], change[1], 1)
		}
		// Some use the package for Run alone.
		if err := add(name+"/main.go", text+"\nvar _ = sopsconstructs.Run\n"); err != nil {
			return "", err
		}
		imports += fmt.Sprintf("import %q\n", all+name)
		mains += fmt.Sprintf("%q: %s.Main,\n", name, name)
	}
	if err := add("runner/runner.go", runner); err != nil {
		return "", err
	}
	if err := add("main.go", "package main\nimport \"os\"\n"+imports+"func main() {\nmains := map[string]func(){\n"+mains+
		"}\nif len(os.Args) > 1 {\nmains[os.Args[1]]()\n} else {\nrunner.All(mains)\n}\n}\n"); err != nil {
		return "", err
	}
	encoded, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return "", err
	}
	list, out := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "program")
	if err := os.WriteFile(list, encoded, 0o644); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-overlay", list, "-ldflags=-s -w", "-o", out, "./all")
	build.Stderr = os.Stderr
	return out, build.Run()
}

// appContext returns the context in the cdk.json of an example.
func appContext(name string) (map[string]any, error) {
	content, err := os.ReadFile(filepath.Join(name, "cdk.json"))
	if err != nil {
		return nil, err
	}
	var settings struct {
		App     string
		Context map[string]any
	}
	if err := json.Unmarshal(content, &settings); err != nil {
		return nil, err
	}
	if settings.App != "go run ." {
		return nil, fmt.Errorf("%s: the app is %q", name, settings.App)
	}
	return settings.Context, nil
}

// synthAll synthesizes all examples, with the context of their cdk.json.
func synthAll(dir string) (err error) {
	if binary, err = buildAll(dir); err != nil {
		return err
	}
	kept := cmp.Or(os.Getenv(outVariable), filepath.Join(dir, "out"))
	var together []*assembly
	for _, name := range names {
		a := &assembly{name: name, dir: filepath.Join(kept, name)}
		if a.context, err = appContext(name); err != nil {
			return err
		}
		if a.folder, err = filepath.Abs(name); err != nil {
			return err
		}
		if assemblies[name] = a; name != alone {
			together = append(together, a)
			continue
		}
		encoded, err := json.Marshal(a.context)
		if err != nil {
			return err
		}
		cmd := exec.Command(binary, name)
		cmd.Dir = a.folder
		cmd.Env = append(environ(), "CDK_OUTDIR="+a.dir, "CDK_CONTEXT_JSON="+string(encoded))
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		err = cmd.Run()
		if a.stderr = stderr.String(); err != nil {
			a.failed = fmt.Sprintf("%v\n%s", err, a.stderr)
		}
	}
	return run(together)
}

// run synthesizes examples in one process.
func run(some []*assembly) error {
	var list, stdout, stderr bytes.Buffer
	for _, a := range some {
		err := json.NewEncoder(&list).Encode(map[string]any{"Name": a.name, "Dir": a.folder, "Out": a.dir, "Context": a.context})
		if err != nil {
			return err
		}
	}
	cmd := exec.Command(binary)
	cmd.Env = environ()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &list, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, &stderr)
	}
	failures := map[string]string{}
	if err := json.Unmarshal(stdout.Bytes(), &failures); err != nil {
		return err
	}
	for _, a := range some {
		a.failed, a.stderr = failures[a.name], stderr.String()
	}
	return nil
}

func environ() []string {
	return append(os.Environ(), "CDK_VALIDATION=false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20,22,24")
}

// template is a synthesized template.
type template struct {
	stack     string
	decoded   map[string]any
	Resources map[string]resource
	Outputs   map[string]any
}

type resource struct {
	Type       string
	Properties map[string]any
}

func (a *assembly) template(t *testing.T, stack string) *template {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(a.dir, stack+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	parsed := &template{stack: stack}
	if err := json.Unmarshal(content, parsed); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &parsed.decoded); err != nil {
		t.Fatal(err)
	}
	return parsed
}

// templates are all of the assembly.
func (a *assembly) templates(t *testing.T) []*template {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(a.dir, "*.template.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no templates (%v)", a.name, err)
	}
	var all []*template
	for _, file := range files {
		all = append(all, a.template(t, strings.TrimSuffix(filepath.Base(file), ".template.json")))
	}
	return all
}

// find gives the logical id of the one resource of a type whose id begins so.
func (tm *template) find(t *testing.T, kind, prefix string) string {
	t.Helper()
	var found []string
	for id, r := range tm.Resources {
		if r.Type == kind && strings.HasPrefix(id, prefix) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s: got %q of type %s with the prefix %q, want one", tm.stack, found, kind, prefix)
	}
	return found[0]
}

// properties are those of the resource that find gives, as JSON.
func (tm *template) properties(t *testing.T, kind, prefix string) string {
	t.Helper()
	return text(tm.Resources[tm.find(t, kind, prefix)].Properties)
}

// places are where stacks are deployed; the others are in Ireland.
var places = map[string]iameval.Environment{
	"Reader":        {Partition: "aws", Account: "444455556666", Region: "eu-west-1"},
	"ReaderInTheUS": {Partition: "aws", Account: "111122223333", Region: "us-east-1"},
}

// world is an assembly as if it were deployed.
type world struct {
	iameval.World
	stacks    map[string]*iameval.Stack
	templates map[string]*template
}

// deploy deploys these stacks, in this order.
func (a *assembly) deploy(t *testing.T, stacks ...string) *world {
	t.Helper()
	w := &world{stacks: map[string]*iameval.Stack{}, templates: map[string]*template{}}
	var before []*iameval.Stack
	for _, name := range stacks {
		env, elsewhere := places[name]
		if !elsewhere {
			env = iameval.Environment{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}
		}
		tm := a.template(t, name)
		values := map[string]string{}
		for id, r := range tm.decoded["Resources"].(map[string]any) {
			r := r.(map[string]any)
			switch kind := r["Type"].(string); {
			case kind == "AWS::IAM::Role":
				// What Lambda's own policy allows is to write logs.
				if properties := r["Properties"].(map[string]any); strings.Contains(text(properties["ManagedPolicyArns"]), "AWSLambdaBasicExecutionRole") {
					delete(properties, "ManagedPolicyArns")
				}
			case strings.HasPrefix(kind, "AWS::Code"), kind == "AWS::Lambda::Function", kind == "AWS::ECS::Cluster":
				values[id], values[id+".Arn"] = id, "arn:aws:test:eu-west-1:111122223333:"+id
			}
		}
		stack := iameval.NewStack(tm.decoded, env, values, before...)
		if err := w.AddStack(stack); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		w.stacks[name], w.templates[name] = stack, tm
		before = append(before, stack)
	}
	return w
}

// arn is the ARN of the one resource of a type whose id begins so.
func (w *world) arn(t *testing.T, stack, kind, prefix string) string {
	t.Helper()
	arn, err := w.stacks[stack].ARN(w.templates[stack].find(t, kind, prefix))
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

// may tells whether a principal may do something, with condition keys in pairs.
func (w *world) may(t *testing.T, principal, action, resource string, context ...string) bool {
	t.Helper()
	r := iameval.Request{Principal: principal, Action: action, Resource: resource, Context: iameval.Context{}}
	for i := 0; i < len(context); i += 2 {
		r.Context[context[i]] = []string{context[i+1]}
	}
	allowed, err := w.Allowed(r)
	if err != nil {
		t.Fatal(err)
	}
	return allowed
}

// reads checks that a principal can read the secret, and, where key is one,
// decrypt it through Secrets Manager of the region alone; or that it can do none of it.
func (w *world) reads(t *testing.T, want bool, principal, secret, key, region string) {
	t.Helper()
	for _, action := range []string{"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"} {
		if got := w.may(t, principal, action, secret, "secretsmanager:VersionStage", "AWSCURRENT"); got != want {
			t.Errorf("%s: %s is %v", principal, action, got)
		}
	}
	if key == "" {
		return
	}
	if got := w.may(t, principal, "kms:Decrypt", key, "kms:ViaService", "secretsmanager."+region+".amazonaws.com"); got != want {
		t.Errorf("%s: decrypt is %v", principal, got)
	}
	if w.may(t, principal, "kms:Decrypt", key, "kms:ViaService", "ssm."+region+".amazonaws.com") || w.may(t, principal, "kms:Decrypt", key) {
		t.Errorf("%s may use the key beside Secrets Manager", principal)
	}
}

// text is v as JSON.
func text(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}
