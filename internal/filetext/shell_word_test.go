package filetext_test

import (
	"os/exec"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// A shell gives a command the path, whatever is in it.
func TestShellWord(t *testing.T) {
	shell, noShell := exec.LookPath("sh")
	for path, want := range map[string]string{
		"sops/app.sops.json": "sops/app.sops.json",
		"a b/c.json":         "'a b/c.json'",
		"it's.json":          `'it'\''s.json'`,
		`"q".json`:           `'"q".json'`,
		"$(id).json":         "'$(id).json'",
		"`id`;x&y|z.json":    "'`id`;x&y|z.json'",
		"*.json":             "'*.json'",
		"~/x.json":           "'~/x.json'",
		"-x.json":            "'./-x.json'",
		"a\\b.json":          `'a\b.json'`,
		"ü\n.json":           "'ü\n.json'",
		"":                   "''",
	} {
		got := filetext.ShellWord(path)
		if got != want {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
		if noShell != nil {
			continue
		}
		text, err := exec.Command(shell, "-c", "printf %s "+got).Output()
		if path == "-x.json" {
			path = "./-x.json"
		}
		if err != nil || string(text) != path {
			t.Errorf("%q: the shell takes %s for %q: %v", path, got, text, err)
		}
	}
}
