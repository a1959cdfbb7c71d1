package leakscan

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// The matcher finds what bytes.Contains finds, in texts and patterns of so few letters that
// they share much.
func TestMatcher(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ab"[r.IntN(2)]
		}
		return b
	}
	found := 0
	for range 2_000 {
		var patterns []pattern
		for i := range r.IntN(40) {
			patterns = append(patterns, pattern{random(minLength + r.IntN(30)), i})
		}
		text := random(r.IntN(300))
		got, want := map[int]bool{}, map[int]bool{}
		newMatcher(patterns).find(text, func(value int) { got[value] = true })
		for _, p := range patterns {
			if bytes.Contains(text, p.text) {
				want[p.value] = true
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("got %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
		found += len(want)
	}
	if found < 1_000 {
		t.Errorf("only %d patterns stood in their text", found)
	}
}
