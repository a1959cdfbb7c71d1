package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// hostile are names that are more than text on a terminal, in a template or in Markdown.
const hostile = `{"a\u001b[31mb": "secret-1", "c\u202ed": "secret-2", "e\nf": "secret-3", "::error::g": "secret-4", "{{resolve:ssm:x}}": "secret-5",` +
	`"<script>": "secret-6", "` + "`" + `tick": "secret-7", "|pipe|": "secret-8", "h\u0085i": {"\u2028": "secret-9"}, "password\u001b_unencrypted": "secret-10"}`

// Whatever stands in a file's names, in its metadata and in its own name, what is printed
// has no character that does not show, and no value.
func TestHostile(t *testing.T) {
	sopstest.Isolate(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "x\u202egnp.\x1b[31m.sops.json")
	file := sopstest.File{JSON: hostile, KMS: []sopstest.KMS{{ARN: key, Context: map[string]string{"n": "v"}}}}
	content, err := file.Encrypt()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	// One whose metadata is hostile, which the reader may refuse.
	other := filepath.Join(folder, "metadata.sops.json")
	if err := os.WriteFile(other, bytes.Replace(content, []byte(key), []byte(key+`\u001b[31m\u202e`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "x"}} {
		if out, err := exec.Command("git", append([]string{"-C", folder}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	for _, args := range [][]string{
		{"check", path}, {"check", "--json", path}, {"check", "--quiet", path, other}, {"check", "--parameters", "/x\x1b", path},
		{"diff", path}, {"diff", path, "--json"}, {"diff", path, "--markdown"}, {"diff", path, "re\x1bv"}, {"diff", other},
		{"explain", path}, {"explain", path, "--json"}, {"explain", path, "--svg", os.DevNull + "\x1b/x"}, {"explain", folder}, {"explain", other},
		{"import", "--secret", "x\x1b", path}, {"diff", path, "--secret", "x\x1b"}, {"diff", path, "--parameters", "/x\x1b"},
		{"keys", path, "--go", "x"}, {"keys", path, "--go", "x\x1b"}, {"keys", other, "--go", "x"},
		{"check", "no\x1bne"}, {"che\x1bck"}, {"check", "--form\x1bat"},
	} {
		t.Run(fmt.Sprintf("%q", args), func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(args, strings.NewReader(""), &stdout, &stderr)
			out := stdout.String() + stderr.String()
			if out == "" {
				t.Errorf("exit code %d, and nothing is said", code)
			}
			for _, r := range out {
				if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
					t.Fatalf("it prints %U:\n%q", r, out)
				}
			}
			for _, secret := range []string{"secret-", "\n::error"} {
				if strings.Contains(out, secret) {
					t.Errorf("it prints %q:\n%s", secret, out)
				}
			}
		})
	}
}
