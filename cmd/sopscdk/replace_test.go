package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Only what the command has written is replaced, and through a link where it is.
func TestReplace(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{"old.svg": "<svg old", "empty.svg": "", "app.sops.yaml": "a: ENC[x]", "short": "<"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("folder", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..", "old.svg"), filepath.Join("folder", "link.svg")); err != nil {
		t.Fatal(err)
	}
	for name, refused := range map[string]bool{
		"new.svg": false, "empty.svg": false, filepath.Join("folder", "link.svg"): false,
		"app.sops.yaml": true, "short": true, "folder": true,
	} {
		err := replace(name, []byte("<svg new"), "<svg ")
		if refused != (err != nil && strings.Contains(err.Error(), "is there already, and is nothing that this command has written")) {
			t.Errorf("%s: %v", name, err)
		}
		if content, _ := os.ReadFile(name); refused == (string(content) == "<svg new") {
			t.Errorf("%s holds %q", name, content)
		}
	}
	if content, _ := os.ReadFile("old.svg"); string(content) != "<svg new" {
		t.Errorf("the link's file holds %q", content)
	}
	if left, _ := filepath.Glob(".sopscdk-*"); left != nil {
		t.Errorf("%q are left", left)
	}
}
