package masterkey_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
)

func TestSessionName(t *testing.T) {
	for host, want := range map[string]string{
		"build-7.example":        "sops@build-7.example",
		"Ann's MacBook Pro":      "sops@AnnsMacBookPro",
		"hôte/été":               "sops@htet",
		"":                       "sops@",
		strings.Repeat("a", 100): "sops@" + strings.Repeat("a", 59),
	} {
		if got := masterkey.SessionName(host, nil); got != want {
			t.Errorf("session name of %q = %q, want %q", host, got, want)
		}
	}
	if got := masterkey.SessionName("half", errors.New("no name")); got != "sops@" {
		t.Errorf("session name without a host = %q", got)
	}
}

// Words as github.com/google/shlex splits them, which sops uses.
func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		`pass show age`:               {"pass", "show", "age"},
		"  a\tb\nc  ":                 {"a", "b", "c"},
		`a "b c" 'd e'`:               {"a", "b c", "d e"},
		`a"b c"d`:                     {"ab cd"},
		`"a \" b" 'c \ d' e\ f \\`:    {`a " b`, `c \ d`, "e f", `\`},
		`a "" ''`:                     {"a", "", ""},
		"a # not this\nb c#d":         {"a", "b", "c#d"},
		`sh -c 'cat "$HOME"/key | x'`: {"sh", "-c", `cat "$HOME"/key | x`},
	} {
		got, err := masterkey.SplitWords(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("words of %q = %q (%v), want %q", line, got, err, want)
		}
	}
	for _, line := range []string{"", "  ", "# comment", `a "b`, "a 'b", `a \`} {
		if got, err := masterkey.SplitWords(line); err == nil {
			t.Errorf("words of %q = %q, want an error", line, got)
		}
	}
}
