package sopsconstructs_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// index is the index in Go's own message, which is the number of the test's arguments.
var index = regexp.MustCompile(`\[\d+\]`)

func TestReportIsOneMessage(t *testing.T) {
	for _, c := range []struct {
		name  string
		app   func()
		trace string
		want  string
	}{
		{"none", func() {}, "", ""},
		{"an error", func() { panic(errors.New("what is wrong; the remedy")) }, "", "error: what is wrong; the remedy\n"},
		{"frames of JavaScript", func() { panic("Error: what is wrong\n    at new X (/a/b.js:1:2)\n    at y\nmore") }, "", "error: Error: what is wrong\nmore\n"},
		{"a bug", func() { var list []int; _ = list[len(os.Args)] }, "",
			"error: runtime error: index out of range [N] with length 0\nthis is a mistake in the program itself: SOPSCDK_TRACE=1 in the environment shows where\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("SOPSCDK_TRACE", c.trace)
			var out bytes.Buffer
			failed := sopsconstructs.Report(&out, c.app)
			if got := index.ReplaceAllString(out.String(), "[N]"); got != c.want || failed != (c.want != "") {
				t.Errorf("got %q (failed %v), want %q", got, failed, c.want)
			}
		})
	}
	t.Setenv("SOPSCDK_TRACE", "1")
	var out bytes.Buffer
	sopsconstructs.Report(&out, func() { panic("x") })
	if !strings.Contains(out.String(), "goroutine") {
		t.Error("no trace with SOPSCDK_TRACE=1")
	}
}

// "go run ." alone says which command to run.
func TestRanAlone(t *testing.T) {
	want := `the templates are in /tmp/x, and nothing else happened: it is the cdk command that runs this program; ` +
		"run \"npx aws-cdk synth\", or \"npx aws-cdk deploy STACK\", in the folder of cdk.json\n"
	if got := sopsconstructs.RanAlone("", "/tmp/x"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := sopsconstructs.RanAlone("/tmp/x", "/tmp/x"); got != "" {
		t.Errorf("below the cdk command: got %s", got)
	}
}

// runsApp makes the test binary be an app.
const runsApp = "SOPSCDK_TEST_RUNS_APP"

// forgets is the value of runsApp for an app that does not synthesize.
const forgets = "forgets app.Synth"

// An app without Run that forgets app.Synth ends well, with no manifest. Nothing of Go runs
// then any more; the cdk command says "ENOENT: no such file or directory, open
// 'cdk.out/manifest.json'".
func TestForgottenSynth(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), runsApp+"="+forgets, "CDK_OUTDIR="+folder, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20,22,24",
		"JSII_RUNTIME_PACKAGE_CACHE_ROOT="+filepath.Join(home, ".cache", "aws", "jsii", "package-cache"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(folder, "manifest.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the manifest: got %v; docs/troubleshooting.md says that there is none", err)
	}
}

// runApp runs an app. It is in no folder of a module, where the function could be built.
func runApp() {
	if os.Getenv(runsApp) == forgets {
		awscdk.NewStack(awscdk.NewApp(nil), new("S"), nil)
		return
	}
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("S"), nil)
		secret := newSecret(stack, "Credentials", fromX)
		if os.Getenv(stops) != "" {
			secret.Secret()
			_ = sopsconstructs.Decrypted(stack) // waits
			stop()
		}
		if value := os.Getenv(leaksValue); value != "" {
			leak(stack, value)
		}
	})
}

// leak gives a value away.
func leak(stack awscdk.Stack, value string) {
	awscdk.NewCfnOutput(stack, new("Out"), &awscdk.CfnOutputProps{Value: &value})
}

// stops is the variable with which the app calls stop once its files are decrypted: it ends
// the app with a trace of all goroutines.
const stops = "SOPSCDK_TEST_STOPS"

var stop func()

// leaksValue is the variable with a value that the app gives away.
const leaksValue = "SOPSCDK_TEST_LEAKS"

// appOf is the command of the app, which synthesizes into out.
func appOf(t *testing.T, out string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), runsApp+"=1", "CDK_OUTDIR="+out, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20,22,24",
		// What the CDK is unpacked to lies in the HOME that this test has not.
		"JSII_RUNTIME_PACKAGE_CACHE_ROOT="+filepath.Join(home, ".cache", "aws", "jsii", "package-cache"))
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// home is the user's, before a test takes it away.
var home, _ = os.UserHomeDir()

// An app that ends well prints nothing, and one that fails prints one message: jsii is
// closed without noise (50 runs in a row were seen silent with jsii-runtime-go 1.142.0).
func TestRun(t *testing.T) {
	openable(t)
	for _, c := range []struct {
		name string
		file sopstest.File
		want string
	}{
		{"silent", standard(clear), ""},
		{"a failure", sopstest.File{JSON: clear, KMS: []sopstest.KMS{{ARN: keyEU}}, Age: []string{identity.Recipient().String()}, WrongMAC: true},
			`error: constructs: SopsSecret "S/Credentials": x.sops.json: the file's message authentication code (MAC) does not fit its values: ` +
				"it was changed without sops, or a merge mixed two versions of it; take the last good version from git, and make the change again with \"sops edit x.sops.json\"" + wayRound + "\n"},
	} {
		write(t, "x.sops.json", c.file)
		temp := t.TempDir()
		out, err := appOf(t, t.TempDir(), "TMPDIR="+temp).CombinedOutput()
		if got := madeAt.ReplaceAllString(string(out), ""); got != c.want || (err != nil) != (c.want != "") {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", c.name, err, out, c.want)
		}
		if left, err := os.ReadDir(temp); len(left) > 0 || err != nil {
			t.Errorf("%s: it leaves %d temporary files, such as %v, %v", c.name, len(left), left, err)
		}
	}
}
