package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// maxFingerprints is how many fingerprints [Fingerprints] returns at most.
const maxFingerprints = 500

// Whole is the name of the one fingerprint of what has no names, or too many.
const Whole = "."

// Fingerprints returns, for each name that lands for o, a short hash of what the file
// holds there: the ciphertext, never the value. Encrypting a value again changes it.
// With more than 500 names, it has one for each name at the top instead. An output
// without names, and one with more than 500 at the top, has one for all, under [Whole].
// t is from [sopsfile.File.Ciphertext].
func Fingerprints(t *sopsfile.Tree, o Output) (map[string]string, error) {
	names, err := Names(t, o)
	if err != nil {
		return nil, err
	}
	prints := map[string]string{}
	switch m := o.mode(); {
	case m == One:
		n, _, err := namedValue(t, o.Value)
		if err != nil {
			return nil, err
		}
		prints[o.Value] = fingerprint(n)
	case m == Raw || m == Binary:
		return FingerprintOf(t), nil
	default:
		doc, err := document(t)
		if err != nil {
			return nil, err
		}
		if m == Flat && len(names) <= maxFingerprints {
			leaves, err := flatLeaves(doc)
			if err != nil {
				return nil, err
			}
			for _, l := range leaves {
				prints[l.name] = fingerprint(l.node)
			}
			break
		}
		if doc.Len() > maxFingerprints {
			return FingerprintOf(t), nil
		}
		if err := children(doc, nil, func(kid sopsfile.Node, _ []step) error {
			prints[kid.Key()] = fingerprint(kid)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return prints, nil
}

// FingerprintOf returns a hash of all of t, under [Whole].
func FingerprintOf(t *sopsfile.Tree) map[string]string {
	nodes := make([]sopsfile.Node, t.Len())
	for i := range nodes {
		nodes[i] = t.Document(i)
	}
	return map[string]string{Whole: fingerprint(nodes...)}
}

func fingerprint(nodes ...sopsfile.Node) string {
	h := sha256.New()
	for _, n := range nodes {
		hashNode(h, n)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// hashNode writes the names, kinds and texts at n and below, with their boundaries.
func hashNode(h hash.Hash, n sopsfile.Node) {
	h.Write([]byte{byte(n.Kind()), byte(n.Len()), byte(n.Len() >> 8), byte(n.Len() >> 16)})
	for _, part := range [][]byte{[]byte(n.Key()), n.Text().Reveal()} {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	for i := range n.Len() {
		hashNode(h, n.At(i))
	}
}

// NameHash is what stands behind a name in a template that cannot stand there as it is.
func NameHash(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf(" (%x)", sum[:4])
}
