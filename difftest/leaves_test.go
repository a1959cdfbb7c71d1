package difftest_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// leafAt is one value of a tree: its document, its path, what SOPS binds it to
// (the names on the path), kind and text.
type leafAt struct {
	doc              int
	path, names, txt string
	flat             string // the name in flat JSON
	kind             sopsfile.Kind
}

// leaves are the values of a tree in order, empty maps and lists among them, and
// its comments apart.
func leaves(t *sopsfile.Tree) (list []leafAt, comments []string) {
	var walk func(doc int, n sopsfile.Node, path, names, flat string)
	walk = func(doc int, n sopsfile.Node, path, names, flat string) {
		if n.Kind().Scalar() {
			list = append(list, leafAt{doc, path, names, string(n.Text().Reveal()), flat, n.Kind()})
			return
		}
		index := 0
		for i := range n.Len() {
			kid := n.At(i)
			switch {
			case kid.Kind() == sopsfile.Comment:
				comments = append(comments, path+"#"+string(kid.Text().Reveal()))
			case n.Kind() == sopsfile.Map:
				dot := "."
				if flat == "" {
					dot = ""
				}
				walk(doc, kid, fmt.Sprintf("%s[%q]", path, kid.Key()), names+kid.Key()+":", flat+dot+kid.Key())
			default:
				walk(doc, kid, fmt.Sprintf("%s[%d]", path, index), names, fmt.Sprintf("%s[%d]", flat, index))
				index++
			}
		}
		if index == 0 { // but for comments
			list = append(list, leafAt{doc, path, names, "", flat, n.Kind()})
		}
	}
	for i := range t.Len() {
		walk(i, t.Document(i), "", "", "")
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

// moved says where encrypted values are at other positions of lists than before; "" for
// nowhere.
func moved(a, b []leafAt, ciphertext *sopsfile.Tree, encrypted []leafAt) (what string, wrong bool) {
	empties := func(list []leafAt) int {
		return len(project(list, func(l *leafAt) bool { return l.txt == "" }))
	}
	depth := func(path string) int { return strings.Count(path, "[") }
	rest := slices.Clone(b)
	for _, l := range a {
		is := func(o leafAt) bool { return o.names == l.names && o.txt == l.txt }
		if l.txt == "" || !slices.ContainsFunc(encrypted, is) {
			continue
		}
		i := slices.IndexFunc(rest, is)
		if i < 0 {
			return "", false // which is found elsewhere
		}
		now := rest[i]
		rest = slices.Delete(rest, i, i+1)
		switch more := empties(b) - empties(a); {
		case now.path == l.path || depth(now.path) != depth(l.path):
		case more == 0:
			return "an encrypted value is at another position of a list: " + l.path + " to " + now.path, true
		case more < 0:
			what = "positions of a list, where an empty item was taken out"
		default:
			what = "positions of a list, behind an empty item that was put in, with a warning"
			if _, warned := render.EmptyItemBefore(ciphertext, now.flat); !warned {
				return "an encrypted value is behind an empty item without a warning: " + now.path, true
			}
		}
	}
	return what, false
}

// accepted says what an accepted change changed, in the words of the list of what
// SOPS does not authenticate. encrypted are the names and texts of the original's
// encrypted, non-empty values: wrong is true when one of them is not there any more, or is at
// another position of a list although neither empty items nor nesting changed, or without the
// warning where an empty item was put before it. ciphertext is after before it was decrypted.
func accepted(before, after, ciphertext *sopsfile.Tree, encrypted []leafAt) (what string, wrong bool) {
	a, aComments := leaves(before)
	b, bComments := leaves(after)
	if what, wrong := moved(a, b, ciphertext, encrypted); what != "" {
		return what, wrong
	}
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
	noDoc = func(l *leafAt) bool { l.doc, l.flat = 0, ""; return true }
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
