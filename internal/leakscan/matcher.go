package leakscan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// minLength is the length in bytes from which a text is looked for.
const minLength = 8

// bases is how many places in a pattern are tried for the bytes that stand for it, so that
// patterns with a common beginning do not share a bucket.
const bases = 16

// matcher finds many patterns in a text at once. It hashes the eight bytes at every place
// of the text; a pattern is entered with the eight bytes at one of its places, and is
// compared where they occur.
//
// It is not an Aho-Corasick automaton, because that has a node for each byte of each
// pattern: gigabytes for the forms of some thousand values.
type matcher struct {
	patterns []pattern
	longest  int      // the length of the longest pattern
	entries  []entry  // of the patterns, in their order
	shift    uint     // of a hash, to its highest bits
	seen     []uint64 // a bit for each hash that has entries: small enough for the processor's cache
	again    []uint64 // the same for another hash: with many patterns, most places pass the first by chance
	heads    []int32  // by hash: the last entry, counted from 1
}

// pattern is a text, of at least minLength bytes, that stands for the value with this
// number.
type pattern struct {
	text  []byte
	value int
}

// entry is where in its pattern the hashed bytes are, and the next entry with this hash.
type entry struct{ offset, next int32 }

func newMatcher(patterns []pattern) *matcher {
	size := min(max(12, bits.Len(uint(len(patterns)*8))), 22)
	m := &matcher{
		patterns: patterns, entries: make([]entry, len(patterns)),
		shift: uint(64 - size), seen: make([]uint64, 1<<size/64), again: make([]uint64, 1<<size/64), heads: make([]int32, 1<<size),
	}
	for i, p := range patterns {
		m.longest = max(m.longest, len(p.text))
		var base int
		var h uint64
		places := len(p.text) - minLength + 1
		for try := range min(bases, places) {
			base = places * try / bases
			if h = m.hash(p.text[base:]); m.heads[h] == 0 {
				break
			}
		}
		m.entries[i] = entry{int32(base), m.heads[h]}
		m.heads[h] = int32(i + 1)
		m.seen[h/64] |= 1 << (h % 64)
		h = m.rehash(p.text[base:])
		m.again[h/64] |= 1 << (h % 64)
	}
	return m
}

// hash returns the hash of the first eight bytes of b.
func (m *matcher) hash(b []byte) uint64 {
	return binary.LittleEndian.Uint64(b) * 0x9e3779b97f4a7c15 >> m.shift
}

// rehash returns another hash than hash.
func (m *matcher) rehash(b []byte) uint64 {
	return binary.LittleEndian.Uint64(b) * 0xd6e8feb86659fd93 >> m.shift
}

// find calls found with the value of each pattern in text.
func (m *matcher) find(text []byte, found func(value int)) {
	for i := 0; i+minLength <= len(text); i++ {
		h := m.hash(text[i:])
		if m.seen[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		if h := m.rehash(text[i:]); m.again[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for e := m.heads[h]; e != 0; e = m.entries[e-1].next {
			p := m.patterns[e-1]
			start := i - int(m.entries[e-1].offset)
			if start >= 0 && start+len(p.text) <= len(text) && bytes.Equal(text[start:start+len(p.text)], p.text) {
				found(p.value)
			}
		}
	}
}
