package render

import (
	"fmt"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	// maxNames is how many bytes the names of flat JSON have at most. A name holds all
	// those above it, so that names can be longer than the file. No secret takes a
	// sixteenth of it; parameters, of which there can be many, do.
	maxNames = 16 * MaxSecret
	// maxRendered is up to which size the size of too large content is said exactly.
	maxRendered = 4 * MaxSecret
)

// namesSize is how many bytes the names of the values below n have in flat JSON, with
// length bytes before each; some number over limit when there are more.
func namesSize(n sopsfile.Node, length, limit int) int {
	total := 0
	for i := range n.Len() {
		kid := n.At(i)
		k := kid.Kind()
		if k == sopsfile.Comment {
			continue
		}
		// A position in a list takes three bytes or more.
		here := length + max(len(kid.Key())+1, 3)
		if (k == sopsfile.Map || k == sopsfile.List) && kid.Len() > 0 {
			total += namesSize(kid, here, limit-total)
		} else {
			total += here
		}
		if total > limit {
			break
		}
	}
	return total
}

// checkSize returns an error for a tree of which every rendering is far too large. It
// adds up what stands in each: names, strings, and two bytes around every value.
func checkSize(t *sopsfile.Tree) error {
	total := 0
	var walk func(n sopsfile.Node)
	walk = func(n sopsfile.Node) {
		for i := 0; i < n.Len() && total <= maxRendered; i++ {
			kid := n.At(i)
			if kid.Kind() == sopsfile.Comment {
				continue
			}
			total += len(kid.Key()) + 2
			if kid.Kind() == sopsfile.String {
				total += kid.Text().Len()
			}
			walk(kid)
		}
	}
	for i := range t.Len() {
		doc := t.Document(i)
		if t.FileFormat() == sopsfile.YAML {
			doc = doc.Merged() // what an entry overrides does not land
		}
		walk(doc)
	}
	if total > maxRendered {
		return fmt.Errorf("%w over %d bytes, and a secret holds at most %d; move some of its values to another file and secret", ErrSize, maxRendered, MaxSecret)
	}
	return nil
}
