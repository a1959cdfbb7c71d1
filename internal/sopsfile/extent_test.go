package sopsfile_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func TestExtent(t *testing.T) {
	_, meta, _ := strings.Cut(string(read(t, "types.json")), `"sops": `)
	content := `{"ab": &x {"c": null, "de": ["", ""]}, "f": *x, "sops": ` + meta
	f, err := sopsfile.Parse([]byte(content), sopsfile.YAML)
	if err != nil {
		t.Fatal(err)
	}
	// The document, two maps, two lists and six scalars.
	want := sopsfile.Extent{Size: len(content), Nodes: 11, Bytes: len("ab" + "c" + "de" + "f" + "c" + "de")}
	for _, path := range []string{".ab.c", ".ab.de.", ".ab.de.", ".f.c", ".f.de.", ".f.de."} {
		want.Paths += len(path)
	}
	if got := f.Extent(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Files together are held to what one file may hold, in each way.
func TestExtentsTogether(t *testing.T) {
	for _, tt := range []struct {
		most sopsfile.Extent
		want string
	}{
		{sopsfile.Extent{Size: 2 << 20}, "over 2 MiB"},
		{sopsfile.Extent{Nodes: 100_000}, "more than 100000 values"},
		{sopsfile.Extent{Bytes: 4 << 20}, "over 4 MiB"},
		{sopsfile.Extent{Paths: 32 << 20}, "over 32 MiB"},
	} {
		if err := tt.most.Check(); err != nil {
			t.Errorf("%+v: got %v", tt.most, err)
		}
		one := sopsfile.Extent{Size: 1, Nodes: 1, Bytes: 1, Paths: 1}
		if err := tt.most.Plus(one).Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v and one more: got %v, want %q", tt.most, err, tt.want)
		}
	}
}
