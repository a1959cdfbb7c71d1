package sopsconstructs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// tags are those of the secret that is made from the file at path.
func tags(t *testing.T, path string) map[string]string {
	t.Helper()
	stack := newStack(nil)
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: path})
	found := map[string]string{}
	for _, tag := range only(t, stack, "AWS::SecretsManager::Secret").Properties["Tags"].([]any) {
		tag := tag.(map[string]any)
		found[tag["Key"].(string)] = tag["Value"].(string)
	}
	return found
}

func TestProvenance(t *testing.T) {
	openable(t)
	write(t, "sops/x.sops.json", standard(clear))
	got := tags(t, "sops/x.sops.json")
	if got["sops:file"] != "sops/x.sops.json" || got["sops:lastmodified"] != "2026-01-02T03:04:05Z" || len(got) != 3 {
		t.Errorf("got %v", got)
	}

	git := exec.Command("git", "hash-object", "--no-filters", "--stdin")
	git.Stdin = bytes.NewReader(read(t, "sops/x.sops.json"))
	blob, err := git.Output()
	if err != nil {
		t.Skipf("git hash-object: %v", err)
	}
	if want := strings.TrimSpace(string(blob)); got["sops:git-blob"] != want {
		t.Errorf("sops:git-blob is %s, and git hash-object says %s", got["sops:git-blob"], want)
	}
}

// A tag of the same name that the app sets counts more, and its other tags stand
// beside ours.
func TestTagsOfTheApp(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", fromX)
	awscdk.Tags_Of(stack).Add(new("Stage"), new("dev"), nil)
	awscdk.Tags_Of(s).Add(new("sops:file"), new("mine"), nil)
	got := text(only(t, stack, "AWS::SecretsManager::Secret").Properties["Tags"])
	for _, want := range []string{`{"Key":"sops:file","Value":"mine"}`, `{"Key":"Stage","Value":"dev"}`, `"Key":"sops:git-blob"`} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if strings.Contains(got, "x.sops.json") {
		t.Errorf("ours counts more: %s", got)
	}
}

// Neither the time of a synth, nor that of a checkout, makes a change.
func TestProvenanceIsTheSameAtAnotherTime(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	before := text(tags(t, "x.sops.json"))
	later := time.Now().Add(48 * time.Hour)
	if err := os.Chtimes("x.sops.json", later, later); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // the tags have whole seconds
	if after := text(tags(t, "x.sops.json")); after != before {
		t.Errorf("the tags changed from\n%s to\n%s", before, after)
	}
}

func TestProvenanceOfOddPaths(t *testing.T) {
	openable(t)
	folder := t.TempDir()
	deep := strings.Repeat("d", 150)
	for path, want := range map[string]string{
		"./a/../x.sops.json":                 "x.sops.json",
		"a (b)/ü#'x,y;z!.sops.json":          "a _b_/ü__x_y_z_.sops.json",
		"a+b=c:d@e-f_g.sops.json":            "a+b=c:d@e-f_g.sops.json",
		deep + "/" + deep + "/x.sops.json":   (deep + "/" + deep + "/x.sops.json")[301+12-256:],
		filepath.Join(folder, "x.sops.json"): "x.sops.json", // differs from machine to machine
	} {
		content, err := standard(clear).Encrypt()
		if err != nil {
			t.Fatal(err)
		}
		t.Chdir(t.TempDir())
		if err := os.MkdirAll(filepath.Join("a", filepath.Dir(path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		got := tags(t, path)["sops:file"]
		if got != want {
			t.Errorf("%s: got  %q\nwant %q", path, got, want)
		}
		if n := len([]rune(got)); n > 256 {
			t.Errorf("%s: the tag has %d characters; AWS takes 256", path, n)
		}
	}
}
