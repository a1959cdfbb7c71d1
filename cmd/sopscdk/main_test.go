package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFunction(t *testing.T) {
	out := filepath.Join(t.TempDir(), "function.zip")
	var stdout, stderr bytes.Buffer
	if code := run([]string{"function", "--out", out}, &stdout, &stderr); code != 0 || stderr.Len() != 0 {
		t.Fatalf("exit code %d, error output %q", code, stderr.String())
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%x  %s\n", sha256.Sum256(content), out); stdout.String() != want {
		t.Errorf("got %q, want %q", stdout.String(), want)
	}
}

func TestWrongCalls(t *testing.T) {
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"", 2, "usage: sopscdk COMMAND"},
		{"funktion", 2, `error: unknown command "funktion"`},
		{"function --architecture mips", 2, `error: the architecture is "mips"; it must be arm64 or x86_64; see sopscdk function -h`},
		{"function more", 2, `error: unexpected argument "more"`},
		{"function --ou f", 2, "error: flag provided but not defined: -ou"},
		{"function -h", 0, "usage: sopscdk function"},
		{"function --out /nowhere/at/all.zip", 1, "error: write the function: "},
	} {
		var stdout, stderr bytes.Buffer
		code := run(strings.Fields(tt.args), &stdout, &stderr)
		if code != tt.code || !strings.HasPrefix(stderr.String(), tt.want) || stdout.Len() != 0 {
			t.Errorf("%q: exit code %d, output %q, error output %q; want %d, %q", tt.args, code, stdout.String(), stderr.String(), tt.code, tt.want)
		}
	}
}
