package synthfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// The published sample opens with its identity file beside it, without a call to AWS,
// and nothing else does.
func TestSample(t *testing.T) {
	server := inAWS(t)
	read := func(name string) []byte {
		t.Helper()
		content, err := os.ReadFile(filepath.Join("../../sops", name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	sample, identity := read("mymanagedsecrets.sops.json"), read(demonstration.IdentityFile)
	for _, c := range []struct {
		name     string
		identity []byte // nil for none
		want     string // of the error
		noKey    bool
	}{
		{"beside it", identity, "", false},
		{"missing", nil, ": none of the file's master keys opens it\n", true},
		{"empty", []byte{}, ": " + demonstration.IdentityFile + " beside it is not an age identity file; take it from git again", false},
		{"another", []byte(newIdentity().String()), ": none of the file's master keys opens it\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			server.ResetCalls()
			path := place(t, "x.sops.json", sample)
			if c.identity != nil {
				if err := os.WriteFile(filepath.Join(filepath.Dir(path), demonstration.IdentityFile), c.identity, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			file := open(t, synthfile.New(), path)
			if !file.IsSample() {
				t.Error("the sample is not known")
			}
			got, err := text(file.Whole().Decrypt("eu-west-1"), render.Output{})
			if c.want == "" {
				if err != nil || got != `{"my_first_secret":"my_first_token","my_second_secret":"my_second_token","my_api_key":"my_api_token"}` {
					t.Errorf("got %s, %v", got, err)
				}
				if n := len(server.Calls()); n != 0 {
					t.Errorf("got %d calls to AWS", n)
				}
			} else if !strings.HasPrefix(message(err), path+c.want) || errors.Is(err, synthfile.ErrNoKey) != c.noKey {
				t.Errorf("got %v", err)
			}
			if strings.Contains(message(err), "AGE-SECRET-KEY") {
				t.Error("the message holds an identity")
			}
		})
	}
}
