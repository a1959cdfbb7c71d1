package render_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// costs fails when f allocates more than 128 MB.
func costs(t *testing.T, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 128 {
		t.Errorf("got %d MiB allocated, want at most 128", n)
	}
}

// withClear is a JSON file that sops did not write, with a rule that selects nothing.
func withClear(t *testing.T, body string) *sopsfile.Tree {
	t.Helper()
	meta := `"sops":{"lastmodified":"2026-01-01T00:00:00Z","version":"3.13.3","encrypted_suffix":"_never",` +
		`"age":[{"recipient":"age1","enc":"x"}],"mac":"ENC[AES256_GCM,data:AAAA,iv:` + strings.Repeat("A", 43) + `=,tag:` + strings.Repeat("A", 22) + `==,type:str]"}`
	f, err := sopsfile.Parse([]byte("{"+body+","+meta+"}"), sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	return f.Ciphertext()
}

// What a name costs is counted before it is made: each holds all the names above it.
func TestHostileNamesCostLittle(t *testing.T) {
	items := func(n int) string { return "[" + strings.Repeat("0,", n) + "0]" }
	for _, tt := range []struct{ name, body string }{
		{"long name over many", `"` + strings.Repeat("n", 6_000) + `":` + items(5_000)},
		{"long value name", `"a":{"` + strings.Repeat("n", 300) + `":` + items(90_000) + "}"},
		{"levels", strings.Repeat(`"":{`, 90) + `"a":` + items(90_000) + strings.Repeat("}", 90)},
		{"list levels", `"a":` + strings.Repeat("[", 90) + items(90_000) + strings.Repeat("]", 90)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := withClear(t, tt.body)
			costs(t, func() {
				if _, err := render.Names(tree, render.Output{}); !errors.Is(err, render.ErrSize) || len(err.Error()) > 300 {
					t.Errorf("got %v, want that the names are too long", err)
				}
				if _, err := render.ParameterNames(tree, render.Naming{Prefix: "/app"}); err == nil {
					t.Error("parameters of too long names")
				}
				if _, err := render.Fingerprints(tree, render.Output{}); err == nil {
					t.Error("fingerprints of too long names")
				}
				if _, err := render.Names(tree, render.Output{Mode: render.One, Value: "nope[7]"}); err == nil {
					t.Error("found a value that is not there")
				}
				if _, err := render.Names(tree, render.Output{Mode: render.Nested}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A name is found by its steps, however the steps share it out.
func TestNamedByItsSteps(t *testing.T) {
	tree := withClear(t, `"":{"":"1"},"a":{"b":{"c":"2"},"b.d":"3","":"4"},"a[0]":"5","l":[["6"]]`)
	for _, name := range []string{"", ".", "a.b.c", "a.b.d", "a.", "a[0]", "l[0][0]", "l[0]", "a", "a.b"} {
		if name == "" {
			continue
		}
		if _, err := render.Names(tree, render.Output{Mode: render.One, Value: name}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"a.b.c.", "b", "l[0].", "l[00]", "a.b[0]"} {
		if _, err := render.Names(tree, render.Output{Mode: render.One, Value: name}); err == nil {
			t.Errorf("found %q", name)
		}
	}
	twice := withClear(t, `"a.b":"1","a":{"b":"2"}`)
	if _, err := render.Names(twice, render.Output{Mode: render.One, Value: "a.b"}); err == nil {
		t.Error("one of two values of a name was taken")
	}
}
