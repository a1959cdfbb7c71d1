//go:build unix

package sopsconstructs_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/leakscan"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
)

// No value leaves the process of an app: neither in what it prints, nor in the messages
// between Go and Node, nor in the files that it leaves, in cdk.out, in the folder for
// temporary files and beside the app; nor in what Go prints of all goroutines on SIGQUIT.
func TestValuesStayInTheProcess(t *testing.T) {
	openable(t)
	const value = `throw-away "value" 1`
	write(t, "x.sops.json", standard(text(map[string]string{"a": value, "b": strings.Repeat(value, 20)})))
	for name, env := range map[string][]string{"synth": nil, "SIGQUIT": {stops + "=1"}} {
		out, temp := t.TempDir(), t.TempDir()
		cmd := appOf(t, out, append(env, "JSII_DEBUG=1", "GOTRACEBACK=all", "TMPDIR="+temp)...)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		err := cmd.Run()
		if printed := said.String(); name == "SIGQUIT" && (err == nil || !strings.Contains(printed, "SIGQUIT: quit")) || name == "synth" && err != nil || !strings.Contains(printed, `"api":"create"`) {
			t.Fatalf("%s: %v, or it did not print what it should: %.2000s", name, err, printed)
		}
		printed := t.TempDir()
		if err := os.WriteFile(filepath.Join(printed, "printed.txt"), said.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		files := 0
		for _, folder := range []string{out, temp, printed, "."} {
			_ = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					files++
				}
				return nil
			})
			result, err := leakscan.Scan(leakscan.Options{Root: folder, Secrets: []leakscan.Secret{{File: "x", Key: "a", Text: plaintext.New([]byte(value))}}})
			unsearched := len(result.Unsearched) > 0 && folder != temp // Node may still be removing its files there
			if err != nil || len(result.Finds) > 0 || unsearched {
				t.Errorf("%s: %s: %v, %d finds, %v", name, folder, err, len(result.Finds), result.Unsearched)
			}
		}
		if files < 3 {
			t.Errorf("%s: only %d files were searched", name, files)
		}
	}
}

func init() {
	stop = func() {
		_ = syscall.Kill(os.Getpid(), syscall.SIGQUIT)
		select {} // until it is printed
	}
}
