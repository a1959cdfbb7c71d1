package difftest_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// leafAt is one value of a tree: its document, its path, what SOPS binds it to
// (the names on the path), kind and text.
type leafAt struct {
	doc              int
	path, names, txt string
	kind             sopsfile.Kind
}

// leaves are the values of a tree in order, empty maps and lists among them, and
// its comments apart.
func leaves(t *sopsfile.Tree) (list []leafAt, comments []string) {
	var walk func(doc int, n sopsfile.Node, path, names string)
	walk = func(doc int, n sopsfile.Node, path, names string) {
		if n.Kind().Scalar() {
			list = append(list, leafAt{doc, path, names, string(n.Text().Reveal()), n.Kind()})
			return
		}
		index := 0
		for i := range n.Len() {
			kid := n.At(i)
			switch {
			case kid.Kind() == sopsfile.Comment:
				comments = append(comments, path+"#"+string(kid.Text().Reveal()))
			case n.Kind() == sopsfile.Map:
				walk(doc, kid, fmt.Sprintf("%s[%q]", path, kid.Key()), names+kid.Key()+":")
			default:
				walk(doc, kid, fmt.Sprintf("%s[%d]", path, index), names)
				index++
			}
		}
		if index == 0 && n.Len() == 0 {
			list = append(list, leafAt{doc, path, names, "", n.Kind()})
		}
	}
	for i := range t.Len() {
		walk(i, t.Document(i), "", "")
	}
	return list, comments
}

// project gives the leaves with what f leaves of each; those that f drops are out.
func project(list []leafAt, f func(*leafAt) bool) []leafAt {
	var out []leafAt
	for _, l := range list {
		if f(&l) {
			out = append(out, l)
		}
	}
	return out
}

// accepted says what an accepted change changed, in the words of the list of what
// SOPS does not authenticate. encrypted are the names and texts of the original's
// encrypted, non-empty values: wrong is true when one of them is not there any more.
func accepted(before, after *sopsfile.Tree, encrypted []leafAt) (what string, wrong bool) {
	a, aComments := leaves(before)
	b, bComments := leaves(after)
	rest := slices.Clone(b)
	for _, e := range encrypted {
		i := slices.IndexFunc(rest, func(l leafAt) bool { return l.names == e.names && l.txt == e.txt })
		if i < 0 {
			return "an encrypted value is another, gone, or elsewhere", true
		}
		rest = slices.Delete(rest, i, i+1)
	}
	equal := func(f func(*leafAt) bool) bool { return slices.Equal(project(a, f), project(b, f)) }
	var noDoc, noKind, noNesting, noEmpty func(l *leafAt) bool
	noDoc = func(l *leafAt) bool { l.doc = 0; return true }
	noKind = func(l *leafAt) bool { l.kind = 0; return noDoc(l) }
	noNesting = func(l *leafAt) bool { l.path = ""; return noDoc(l) }
	noEmpty = func(l *leafAt) bool { l.path = ""; return l.txt != "" && noDoc(l) }
	switch {
	case equal(func(*leafAt) bool { return true }):
		if slices.Equal(aComments, bComments) {
			return "layout or metadata alone: the same values", false
		}
		return "comments", false
	case equal(noDoc):
		return "document boundaries", false
	case equal(noKind):
		return "type tags", false
	case equal(noNesting):
		return "list nesting, or a:b against a: {b}", false
	case equal(noEmpty):
		return "empty entries and null", false
	case equal(func(l *leafAt) bool { return noEmpty(l) && noKind(l) }):
		return "type tags with nesting or empties", false
	}
	joined := func(list []leafAt) string {
		var s strings.Builder
		for _, l := range list {
			s.WriteString(l.txt)
		}
		return s.String()
	}
	if joined(a) == joined(b) {
		return "clear names, and boundaries of clear values", false
	}
	return "clear values outside the MAC", false
}
