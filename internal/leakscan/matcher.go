package leakscan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// minLength is the length in bytes from which a text is looked for.
const minLength = 8

const (
	// gram is how many bytes of a text are hashed, and stride how far apart. Of any
	// minLength bytes, one gram starts at a multiple of stride.
	gram   = 6
	stride = minLength - gram + 1
	// bases is how many places in a pattern are tried for the grams that stand for it, so
	// that patterns with a common beginning do not share a bucket.
	bases = 16
)

// matcher finds many patterns in a text at once. It hashes six bytes at every third place
// of the text: a pattern is entered with the three grams at one of its places, and one of
// these lies at a multiple of three wherever the pattern stands.
//
// It is not an Aho-Corasick automaton, because that has a node for each byte of each
// pattern: gigabytes for the forms of some thousand values. All that this one copies of
// the patterns is arena, which can be cleared.
type matcher struct {
	patterns []pattern
	shift    uint
	seen     []uint64 // a bit for each hash that has entries
	heads    []int32  // by hash: the last entry, counted from 1
	entries  []entry
}

// pattern is a text that stands for the value with this number.
type pattern struct {
	text  []byte
	value int
}

type entry struct {
	pattern, offset, next int32
}

func newMatcher(patterns []pattern) *matcher {
	size := max(12, bits.Len(uint(len(patterns)*stride*8)))
	size = min(size, 22)
	m := &matcher{patterns: patterns, shift: uint(64 - size), seen: make([]uint64, 1<<size/64), heads: make([]int32, 1<<size)}
	crowd := make([]int32, 1<<size)
	for i, p := range patterns {
		best, fewest := 0, int32(-1)
		last := len(p.text) - minLength
		for try := range min(bases, last+1) {
			base := last * try / bases
			sum := int32(0)
			for k := range stride {
				sum += crowd[m.hash(load(p.text[base+k:]))]
			}
			if fewest < 0 || sum < fewest {
				best, fewest = base, sum
			}
			if fewest == 0 {
				break
			}
		}
		for k := range stride {
			h := m.hash(load(p.text[best+k:]))
			crowd[h]++
			m.entries = append(m.entries, entry{int32(i), int32(best + k), m.heads[h]})
			m.heads[h] = int32(len(m.entries))
			m.seen[h/64] |= 1 << (h % 64)
		}
	}
	return m
}

// load returns the first gram bytes of b as a number.
func load(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b) & (1<<(8*gram) - 1)
	}
	var whole [8]byte
	copy(whole[:gram], b)
	return binary.LittleEndian.Uint64(whole[:])
}

func (m *matcher) hash(x uint64) uint64 { return x * 0x9e3779b97f4a7c15 >> m.shift }

// find calls found with the value of each pattern in text.
func (m *matcher) find(text []byte, found func(value int)) {
	for i := 0; i+gram <= len(text); i += stride {
		h := m.hash(load(text[i:]))
		if m.seen[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for e := m.heads[h]; e != 0; e = m.entries[e-1].next {
			p := m.patterns[m.entries[e-1].pattern]
			start := i - int(m.entries[e-1].offset)
			if start >= 0 && start+len(p.text) <= len(text) && bytes.Equal(text[start:start+len(p.text)], p.text) {
				found(p.value)
			}
		}
	}
}

// clear clears the patterns.
func (m *matcher) clear() {
	for _, p := range m.patterns {
		clear(p.text)
	}
	clear(m.entries)
}
