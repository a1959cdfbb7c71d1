package difftest_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// refusals are the files that sops writes and this reader refuses, by a part of
// the error, each with its reason in docs/design.md.
var refusals = []string{
	// With a rule on comments, sops may encrypt a comment in a list and then, since the
	// comments stand elsewhere in what it wrote, give the token as an item of the list.
	"an encrypted value where the file's rule selects none",
}

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
	equal := 0
	defer func() {
		summary = append(summary, fmt.Sprintf("%d files compared, made by the commands of %s: %d equal, %d refused by both, %d refused as documented, %d wrong",
			len(samples), strings.Join(versions, ", "), equal, counts["refused by both"], counts["refused as documented"], counts["wrong"]))
	}()
	for what, n := range counts {
		if strings.HasPrefix(what, "equal") {
			equal += n
		}
	}
	if equal < 500 {
		t.Errorf("got %d equal files, want at least 500", equal)
	}
}

// compare reads one file both ways, with the real keys, and says how it went.
func compare(t *testing.T, s sample) string {
	t.Helper()
	return compareWith(t, s, nil)
}

// compareWith is compare with the data key, when it is known.
func compareWith(t *testing.T, s sample, key []byte) string {
	t.Helper()
	wantRaw, wantTree, wantErr := officially(s.data, s.format, key)
	gotRaw, gotTree, gotErr := ours(s.data, s.format, key)
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
