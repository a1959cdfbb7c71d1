package render_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Fingerprints have the names that land, where YAML merges maps.
func TestMergedNamesHaveFingerprints(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata, "merge.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := sopsfile.Parse(data, sopsfile.YAML)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []render.Output{{}, {Mode: render.Nested}} {
		names, err := render.Names(f.Structure(), o)
		if err != nil {
			t.Fatal(err)
		}
		prints, err := render.Fingerprints(f.Ciphertext(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(prints)); !slices.Equal(got, slices.Sorted(slices.Values(names))) {
			t.Errorf("%s: got the fingerprints of %q, want %q", o.Mode, got, names)
		}
	}
	for name, want := range map[string]string{"app1.user": "own", "app2.user": "own", "app3.level": "2", "app1.pass": "demo-db"} {
		_, tree := load(t, "merge.yaml")
		text, err := render.Pick(tree, name)
		if err != nil || string(text.Reveal()) != want { // test data
			t.Errorf("%s: got another value, %v", name, err)
		}
	}
	if _, err := render.Pick(f.Structure(), "app1.<<.user"); err == nil {
		t.Error("a merge key is a name")
	}
}
