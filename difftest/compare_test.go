package difftest_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// refusals are the files that sops writes and this reader refuses, by a part of
// the error: the list in docs/design.md.
var refusals = []string{}

func TestCorpus(t *testing.T) {
	samples, refused := makeCorpus(t)
	counts := map[string]int{}
	for _, s := range samples {
		counts[compare(t, s)]++
	}
	t.Logf("%d files compared (%d more not encryptable by their sops version)", len(samples), refused)
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("  %5d %s", counts[what], what)
	}
	if len(samples) < 500 {
		t.Errorf("got %d files, want at least 500", len(samples))
	}
}

// compare reads one file both ways and says how it went.
func compare(t *testing.T, s sample) string {
	t.Helper()
	wantRaw, wantTree, wantErr := officially(s.data, s.format, nil)
	gotRaw, gotTree, gotErr := ours(s.data, s.format, nil)
	switch {
	case wantErr != nil && gotErr != nil:
		return "refused by both"
	case wantErr != nil:
		t.Errorf("%s: read, although the official library fails: %v", s.name, wantErr)
		return "wrong"
	case gotErr != nil:
		for _, r := range refusals {
			if strings.Contains(gotErr.Error(), r) {
				return "refused as documented"
			}
		}
		t.Errorf("%s: %v", s.name, gotErr)
		return "wrong"
	}
	if err := sameTree(gotTree, wantTree); err != nil {
		t.Errorf("%s: tree: %v", s.name, err)
		return "wrong"
	}
	if !bytes.Equal(gotRaw, wantRaw) {
		t.Errorf("%s: raw bytes differ (%d instead of %d)", s.name, len(gotRaw), len(wantRaw))
		return "wrong"
	}
	if s.format == sopsfile.Binary {
		return "equal: bytes"
	}
	return "equal: raw bytes and tree"
}
