//go:build unix

package masterkey_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
)

// A file can name 200 recipients, and a command can take a second for each.
func TestCommandsRunForFewRecipients(t *testing.T) {
	mine := newIdentity(t)
	for _, tt := range []struct {
		name   string
		prints string
		opens  bool // all entries are for mine
		runs   int
	}{
		{"one that knows only its own", mine.String(), true, 1},
		{"one that prints nothing that fits", newIdentity(t).String(), false, 32},
	} {
		t.Run(tt.name, func(t *testing.T) {
			home := emptyEnvironment(t)
			log := filepath.Join(home, "runs")
			script := filepath.Join(home, "print")
			text := "#!/bin/sh\necho x >> '" + log + "'\necho " + tt.prints + "\n"
			if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("SOPS_AGE_KEY_CMD", script)
			ring, err := masterkey.FromEnvironment(t.Context(), masterkey.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var last error
			for range 60 {
				to := mine.Recipient()
				entry := ageEntry(t, newIdentity(t).Recipient().String(), to) // each has a name of its own
				_, last = ring.Unwrap(t.Context(), entry)
				if (last == nil) != tt.opens {
					t.Fatalf("got %v, want that it opens: %v", last, tt.opens)
				}
			}
			b, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(string(b), "x"); got != tt.runs {
				t.Errorf("got %d runs, want %d", got, tt.runs)
			}
			if !tt.opens && !strings.Contains(last.Error(), "for 32 recipients in a row") {
				t.Errorf("got %v, want that the command was not run", last)
			}
		})
	}
}
