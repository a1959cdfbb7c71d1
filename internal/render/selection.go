package render

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Combine says how several files become one.
type Combine string

const (
	// Overlay lays each file over those before it: of two values with one name, the
	// later file's lands.
	Overlay Combine = "overlay"
	// Merge takes the files together, of which no two may have a name in common.
	Merge Combine = "merge"
)

// MaxFiles is how many files a [Selection] has at most.
const MaxFiles = 16

// Selection says what of which files lands: a file, a part of it, or several files as
// one. Synth and the function both go by it.
type Selection struct {
	// Name is the file's name, for messages; of a single file alone.
	Name string
	// Part is the name of a map, as in flat JSON: what lands is that map alone. "" stands
	// for all.
	Part string
	// Of are the several files, and Combine how they become one.
	Of      []Selection
	Combine Combine
}

// String names the selection for a message: "sops/a.yaml:services.api",
// "sops/a.yaml + sops/b.yaml".
func (s Selection) String() string {
	name := s.Name
	if len(s.Of) > 0 {
		names := make([]string, len(s.Of))
		for i := range s.Of {
			names[i] = s.Of[i].String()
		}
		if name = strings.Join(names, " + "); s.Part != "" {
			name = "(" + name + ")"
		}
	}
	if s.Part != "" {
		name += ":" + s.Part
	}
	return name
}

// Files returns how many single files s has.
func (s Selection) Files() int {
	if len(s.Of) == 0 {
		return 1
	}
	n := 0
	for _, each := range s.Of {
		n += each.Files()
	}
	return n
}

// CheckExtent returns an error for files, the first of s or all, that hold more together
// than one file may: all of them are in memory at the same time. (One alone was checked when
// it was parsed.)
func (s Selection) CheckExtent(files []*sopsfile.File) error {
	if len(files) < 2 {
		return nil
	}
	var all sopsfile.Extent
	for _, f := range files {
		all = all.Plus(f.Extent())
	}
	if err := all.Check(); err != nil {
		return fmt.Errorf("%s: the files hold too much together: %w; take fewer of them, or split the secret", s, err)
	}
	return nil
}

// Tree returns what s takes from the trees of its files, which stand in the order in
// which s has the files: all of them structures, decrypted, or of ciphertext, as the
// result is. A whole file is its own tree. Anything else has no format, and renders as
// flat or nested JSON, or as one value.
//
// In files that are combined, maps of one name become one map, at every depth; a list, a
// single value and null each count as a whole. Its errors say in which file what is
// wrong, and hold names and never values.
func (s Selection) Tree(files []*sopsfile.Tree) (*sopsfile.Tree, error) {
	if n := s.Files(); n != len(files) {
		return nil, fmt.Errorf("there are %d files instead of %d", len(files), n)
	}
	t, _, err := s.tree(files)
	return t, err
}

// tree returns the files that s leaves, too.
func (s Selection) tree(files []*sopsfile.Tree) (t *sopsfile.Tree, rest []*sopsfile.Tree, err error) {
	if len(s.Of) == 0 {
		t, rest = files[0], files[1:]
	} else {
		trees := make([]*sopsfile.Tree, len(s.Of))
		rest = files
		for i := range s.Of {
			if trees[i], rest, err = s.Of[i].tree(rest); err != nil {
				return nil, nil, err
			}
		}
		if t, err = s.combined(trees); err != nil {
			return nil, nil, err
		}
	}
	if s.Part == "" {
		return t, rest, nil
	}
	if err = hasParts(t); err == nil {
		t, err = Subtree(t, s.Part)
	}
	if err != nil {
		whole := s
		whole.Part = ""
		return nil, nil, fmt.Errorf("%s: %w", whole, err)
	}
	return t, rest, nil
}

var (
	errBinaryPart = errors.New("a file of the binary format has no names, so it has no parts, and cannot be combined with others; if it is of another format than its ending says, set the Format of its SopsFile")
	errManyPart   = errors.New("the file holds several YAML documents, so no part of it can be selected, and it cannot be combined with others; split it")
)

// hasParts returns an error for a tree in which no part has a name of its own.
func hasParts(t *sopsfile.Tree) error {
	switch {
	case t.FileFormat() == sopsfile.Binary:
		return errBinaryPart
	case t.Len() != 1:
		return errManyPart
	}
	return nil
}

// combined returns the trees of s.Of as one.
func (s Selection) combined(trees []*sopsfile.Tree) (*sopsfile.Tree, error) {
	docs := make([]sopsfile.Node, len(trees))
	for i, t := range trees {
		err := hasParts(t)
		if err == nil {
			docs[i], err = document(t)
		}
		if err == nil {
			err = uniqueNames(docs[i], nil)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Of[i], err)
		}
	}
	if s.Combine == Merge {
		for j := range docs {
			for i := range j {
				if path := common(docs[i], docs[j], nil); path != nil {
					return nil, fmt.Errorf("both %s and %s have %s; take it out of one of them, or use Overlay, where the later file's lands", s.Of[i], s.Of[j], filetext.Quote(flatName(path)))
				}
			}
		}
	}
	return sopsfile.Overlay(trees[0].HasValues(), docs...), nil
}

// uniqueNames returns an error where a map at n or below has a name twice, as a section
// of INI may: which one counts would depend on the other files.
func uniqueNames(n sopsfile.Node, path []step) error {
	if n.Kind() == sopsfile.Map {
		if err := oneOfEach(n, path); err != nil {
			return err
		}
	}
	return children(n, path, uniqueNames)
}

// common returns the path of a name that both maps have, for anything but two maps; nil
// where there is none.
func common(a, b sopsfile.Node, path []step) []step {
	byName := make(map[string]sopsfile.Node, a.Len())
	_ = children(a, nil, func(kid sopsfile.Node, _ []step) error {
		byName[kid.Key()] = kid
		return nil
	})
	var found []step
	_ = children(b, path, func(kid sopsfile.Node, path []step) error {
		other, both := byName[kid.Key()]
		if !both || found != nil {
			return nil
		}
		if kid.Kind() == sopsfile.Map && other.Kind() == sopsfile.Map {
			found = common(other, kid, path)
		} else {
			found = append([]step{}, path...)
		}
		return nil
	})
	return found
}
