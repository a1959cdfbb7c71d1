package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
)

// The tests in this file are of the demonstration file, and go when it goes.

func TestTheAppSynthesizes(t *testing.T) {
	out, stderr, ok := runApp(t, ".", "{}")
	if !ok {
		t.Fatalf("failed: %s", stderr)
	}
	t.Run("no value of the sample is in the assembly", func(t *testing.T) { holdsNoValue(t, out) })
	for _, stack := range []string{"SopsDevRoleStack", "SopsKmsKeyUsStack", "SopsSecretsManagerStack", "SopsPipelineStack"} {
		if _, err := os.Stat(filepath.Join(out, stack+".template.json")); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(contents(t, out), "is the demonstration file: it cannot be deployed") {
		t.Error("no warning that the demonstration file cannot be deployed")
	}
	assets, err := filepath.Glob(filepath.Join(out, "asset.*.zip"))
	if err != nil || len(assets) != 1 {
		t.Errorf("got assets %q, want the function's", assets)
	}
}

// holdsNoValue checks that none of the sample's values is in any file of the assembly.
func holdsNoValue(t *testing.T, out string) {
	t.Helper()
	all := contents(t, out)
	if !strings.Contains(all, "my_api_key") {
		t.Fatal("the assembly was not read: it does not even hold the name of a key")
	}
	for _, value := range []string{"my_first_token", "my_second_token", "my_api_token"} {
		if strings.Contains(all, value) {
			t.Error("a value of the sample is in the assembly")
		}
	}
}

// contents are those of every file in the folder, one after the other.
func contents(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// The published recipient is in no creation rule, so sops never takes it by itself.
func TestNoCreationRuleNamesThePublishedRecipient(t *testing.T) {
	rules, err := os.ReadFile("sops/.sops.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(rules), demonstration.Recipient) {
		t.Error("sops/.sops.yaml names the published recipient")
	}
}
