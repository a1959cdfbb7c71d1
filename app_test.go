package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// runsMain makes the test binary be the app: the tests run it as cdk does.
const runsMain = "SOPSCDK_TEST_RUNS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runsMain) == "1" {
		main()
		os.Exit(0)
	}
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// runApp runs the app in dir as the cdk command does, and gives the assembly's
// folder, what it printed to its error output, and whether it succeeded.
func runApp(t *testing.T, dir, context string, env ...string) (out, stderr string, ok bool) {
	t.Helper()
	out = t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), runsMain+"=1", "CDK_VALIDATION=false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20,22,24",
		"CDK_OUTDIR="+out, "CDK_CONTEXT_JSON="+context)
	cmd.Env = append(cmd.Env, env...)
	var output bytes.Buffer
	cmd.Stderr = &output
	err := cmd.Run()
	return out, output.String(), err == nil
}

// Each failure is one message, without a trace, and a non-zero exit.
func TestFailures(t *testing.T) {
	copied, err := sopstest.File{JSON: `{"my_api_key": "demo"}`, Age: []string{demonstration.Recipient}}.Encrypt()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, context, file, want string
	}{
		{"context of ours", `{"sops:decypt": "skip"}`, string(copied),
			`error: constructs: unknown context key "sops:decypt"; did you mean "sops:decrypt"?`},
		{"context of the app", `{"Stage": "prod"}`, string(copied),
			`error: constructs: unknown context key "Stage"; did you mean "stage"?`},
		{"a file for the published identity", "{}", strings.Replace(string(copied), "my_api_key", "my_api_kez", 1),
			`error: constructs: SopsSecret "SopsSecretsManagerStack/SopsCredentials": everyone can read sops/mymanagedsecrets.sops.json: it was made from the demonstration file, or is encrypted to its published recipient `},
		{"no file", "{}", "",
			`error: constructs: SopsSecret "SopsSecretsManagerStack/SopsCredentials": there is no file sops/mymanagedsecrets.sops.json in FOLDER; ` +
				`create it with "mkdir -p sops && cd sops && sops edit mymanagedsecrets.sops.json"` + "\n" +
				`to go on with another stack than "SopsSecretsManagerStack", name that one alone: cdk deploy -e STACK`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "sops"), 0o755); err != nil {
				t.Fatal(err)
			}
			if c.file != "" {
				if err := os.WriteFile(filepath.Join(dir, "sops/mymanagedsecrets.sops.json"), []byte(c.file), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, stderr, ok := runApp(t, dir, c.context)
			if ok {
				t.Error("succeeded")
			}
			stderr = strings.ReplaceAll(stderr, dir, "FOLDER")
			if !strings.HasPrefix(stderr, c.want) || strings.Contains(stderr, "goroutine") {
				t.Errorf("got\n%s\nwant\n%s", stderr, c.want)
			}
		})
	}
}

func TestTraceOnDemand(t *testing.T) {
	_, stderr, ok := runApp(t, t.TempDir(), `{"sops:decypt": "skip"}`, "SOPSCDK_TRACE=1")
	if ok || !strings.Contains(stderr, "goroutine") {
		t.Errorf("got\n%s", stderr)
	}
}

// Wrong values of the context: the messages that Run prints.
func TestContext(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		key, want string
		value     any
	}{
		{"stage", `stacks: stage "PROD" is not a name; use a lower-case letter, then up to 15 lower-case letters, digits and single hyphens`, "PROD"},
		{"stage", `context stage is empty; give it a value, or leave it out`, ""},
		{"account", `context account is not a string; write it in quotes`, 111122223333},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != c.want {
					t.Errorf("got\n%s\nwant\n%s", got, c.want)
				}
			}()
			build(awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{c.key: c.value}}))
		}()
	}
}
