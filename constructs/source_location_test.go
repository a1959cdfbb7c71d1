package sopsconstructs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

const thisFile = "constructs/source_location_test.go"

// line is the line of its caller.
func line() int {
	_, _, line, _ := runtime.Caller(1)
	return line
}

// newTeamSecret wraps the construct, as teams do.
func newTeamSecret(stack awscdk.Stack, id string) *sopsconstructs.SopsSecret {
	return newSecretOfTeam(stack, id)
}

func newSecretOfTeam(stack awscdk.Stack, id string) *sopsconstructs.SopsSecret {
	return sopsconstructs.NewSopsSecret(stack, id, &fromX) // the line that a stack begins with
}

const newSecretLine = 34

// creationStacks are the entries of each construct, by path.
func creationStacks(t *testing.T, app awscdk.App) map[string][][]string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.metadata.json", "assembly-*/*.metadata.json"} {
		found, err := filepath.Glob(filepath.Join(*app.Outdir(), pattern))
		if err != nil || len(found) == 0 && files == nil {
			t.Fatalf("no metadata (%v)", err)
		}
		files = append(files, found...)
	}
	stacks := map[string][][]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var metadata map[string][]struct {
			Type string
			Data json.RawMessage
		}
		if err := json.Unmarshal(content, &metadata); err != nil {
			t.Fatal(err)
		}
		for path, list := range metadata {
			for _, entry := range list {
				if entry.Type != "aws:cdk:creationStack" {
					continue
				}
				var frames []string
				if err := json.Unmarshal(entry.Data, &frames); err != nil {
					t.Fatal(err)
				}
				stacks[path] = append(stacks[path], frames)
			}
		}
	}
	return stacks
}

func TestSourceLocations(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	app := newStack(nil).Node().Root().(awscdk.App)
	stack := app.Node().FindChild(new("S")).(awscdk.Stack)
	sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{MaxKeyAgeDays: 1}) // a warning
	newTeamSecret(stack, "Credentials")
	called := line() - 1
	sopsconstructs.NewSopsParameters(stack, "Many", &sopsconstructs.SopsParametersProps{SopsFilePath: "x.sops.json", Prefix: "/app"})
	many := line() - 1
	other := at(app, "T", account, ireland)
	provider := sopsconstructs.NewSopsSyncProvider(other, "Provider", nil)
	provided := line() - 1
	newSecret(other, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SyncProvider: provider})
	stage := awscdk.NewStage(app, new("Prod"), nil)
	newTeamSecret(at(stage, "S", account, ireland), "Credentials")
	staged := line() - 1
	sopsconstructs.Synthesize(app)

	got := creationStacks(t, app)
	wrapped := []string{
		fmt.Sprintf("constructs_test.newSecretOfTeam (%s:%d)", thisFile, newSecretLine),
		fmt.Sprintf("constructs_test.newTeamSecret (%s:%d)", thisFile, newSecretLine-4),
		fmt.Sprintf("constructs_test.TestSourceLocations (%s:%d)", thisFile, called),
	}
	inStage := slices.Clone(wrapped)
	inStage[2] = fmt.Sprintf("constructs_test.TestSourceLocations (%s:%d)", thisFile, staged)
	alone := []string{fmt.Sprintf("constructs_test.TestSourceLocations (%s:%d)", thisFile, many)}
	function := []string{fmt.Sprintf("constructs_test.TestSourceLocations (%s:%d)", thisFile, provided)}
	for path, want := range map[string][]string{
		"/S/Credentials":           wrapped,
		"/S/Credentials/Resource":  wrapped,
		"/S/Credentials/Sync":      wrapped,
		"/Prod/S/Credentials/Sync": inStage,
		"/S/Many":                  alone,
		"/S/Many/Sync":             alone,
		// The function is made for the first that needs it.
		"/S/SopsSyncProvider/Function/Resource": wrapped,
		"/T/Provider":                           function,
		"/T/Provider/Function/Resource":         function,
		"/T/Provider/Role/Resource":             function,
		"/T/Provider/Policy":                    function,
		"/T/Provider/LogGroup/Resource":         function,
	} {
		if len(got[path]) != 1 || strings.Join(got[path][0], "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: got %q, want %q once", path, got[path], want)
		}
	}
	report, err := os.ReadFile(filepath.Join(*app.Outdir(), "validation-report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%q", strings.Join(wrapped, "\n")); !bytes.Contains(report, []byte(want)) {
		t.Errorf("validation-report.json lacks %s:\n%s", want, report)
	}
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for path, stacks := range got {
		if strings.Contains(fmt.Sprint(stacks), folder) {
			t.Errorf("%s names this machine's folder: %q", path, stacks)
		}
	}
}

// Without locations nothing is recorded, and the templates are the same.
func TestSourceLocationsOff(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	synthesize := func(context map[string]any) (map[string][][]string, []byte) {
		stack := newStack(context)
		newTeamSecret(stack, "Credentials")
		app := stack.Node().Root().(awscdk.App)
		sopsconstructs.Synthesize(app)
		template, err := os.ReadFile(filepath.Join(*app.Outdir(), "S.template.json"))
		if err != nil {
			t.Fatal(err)
		}
		return creationStacks(t, app), template
	}
	on, want := synthesize(nil)
	if len(on["/S/Credentials"]) != 1 {
		t.Fatalf("got %q", on["/S/Credentials"])
	}
	for _, context := range []map[string]any{{"sops:source-locations": "off"}, {"aws:cdk:disable-creation-stack-traces": true}} {
		off, template := synthesize(context)
		if strings.Contains(fmt.Sprint(off), thisFile) {
			t.Errorf("%v: got %q", context, off)
		}
		if !bytes.Equal(template, want) {
			t.Errorf("%v: the template differs", context)
		}
	}
}

// Messages of Run, and those of files that cannot be decrypted, name the line.
func TestMessagesNameTheLine(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	var out bytes.Buffer
	called := 0
	sopsconstructs.Report(&out, func() {
		secret := newTeamSecret(newStack(nil), "Credentials")
		called = line() + 1
		secret.Key("none")
	})
	if want := fmt.Sprintf("\n  called at %s:%d\n", thisFile, called); !strings.HasSuffix(out.String(), want) || strings.Count(out.String(), "called at") != 1 {
		t.Errorf("got %s, want it to end with %s", out.String(), want)
	}

	broken := standard(clear)
	broken.WrongMAC = true
	write(t, "x.sops.json", broken)
	stack := newStack(nil)
	newTeamSecret(stack, "Credentials")
	want := regexp.MustCompile(fmt.Sprintf(`(?m)^.*constructs: SopsSecret "S/Credentials": x.sops.json: .*\n  made at %s:%d$`, thisFile, newSecretLine))
	got := panicWith(t, func() { stack.Node().Root().(awscdk.App).Synth(nil) })
	if !want.MatchString(got) {
		t.Errorf("got %s", got)
	}
}
