package render

import "github.com/ebb7bed6/sopscdk/internal/sopsfile"

// Leaf is one value of a file, for a comparison of two files.
type Leaf struct {
	// Name is the value's name in flat JSON, or [Whole] for all of a file that has no
	// such names: one of the binary format, or with several documents.
	Name string
	// Fingerprint is a hash of what the tree holds there: ciphertext, or plaintext of a
	// tree that was decrypted, which is not to be shown.
	Fingerprint string
	// Clear says that the file holds the value in clear text. Null and empty values are
	// never encrypted, and do not count.
	Clear bool
}

// Leaves returns the values of a file in its order. t is of ciphertext or decrypted.
func Leaves(t *sopsfile.Tree) ([]Leaf, error) {
	if t.FileFormat() == sopsfile.Binary || t.Len() != 1 {
		return []Leaf{{Name: Whole, Fingerprint: FingerprintOf(t)[Whole]}}, nil
	}
	doc, err := document(t)
	if err != nil {
		return nil, err
	}
	found, err := flatLeaves(doc)
	if err != nil {
		return nil, err
	}
	leaves := make([]Leaf, len(found))
	for i, l := range found {
		kind := l.node.Kind()
		clear := kind.Scalar() && kind != sopsfile.Null && !l.node.IsEmptyString() && !l.node.Encrypted()
		leaves[i] = Leaf{l.name, fingerprint(l.node), clear}
	}
	return leaves, nil
}
