package synthfile

import (
	"fmt"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Selected is what a construct takes from files: one, a part of one, or several as one.
type Selected struct {
	files []*File
	of    render.Selection
}

// Select returns what a selection takes from files, which stand in its order. A file can
// stand there more than once.
func Select(of render.Selection, files ...*File) *Selected { return &Selected{files, of} }

// String names what is selected, for a message.
func (s *Selected) String() string { return s.of.String() }

// tree returns the tree of the files, of each of which tree makes one.
func (s *Selected) tree(tree func(*sopsfile.File) *sopsfile.Tree) (*sopsfile.Tree, error) {
	parsed := make([]*sopsfile.File, len(s.files))
	for i, f := range s.files {
		parsed[i] = f.parsed
	}
	if err := s.of.CheckExtent(parsed); err != nil {
		return nil, err
	}
	trees := make([]*sopsfile.Tree, len(s.files))
	for i, f := range s.files {
		trees[i] = tree(f.parsed)
	}
	return s.of.Tree(trees)
}

// rendered returns what render makes of the selected tree. Its errors name the files.
func rendered[T any](s *Selected, tree func(*sopsfile.File) *sopsfile.Tree, render func(*sopsfile.Tree) (T, error)) (result T, err error) {
	t, err := s.tree(tree)
	if err != nil {
		return result, err
	}
	if result, err = render(t); err != nil {
		return result, fmt.Errorf("%s: %w", s, err)
	}
	return result, nil
}

// EmptyItemBefore returns the name of an empty item of a list that the way to a value of
// this name passes over: see [render.EmptyItemBefore].
func (s *Selected) EmptyItemBefore(name string) (item string, ok bool) {
	t, err := s.tree((*sopsfile.File).Ciphertext)
	if err != nil {
		return "", false
	}
	return render.EmptyItemBefore(t, name)
}

// EmptyItemBeforePart is EmptyItemBefore for the parts of files that are selected. It
// returns such a part, too.
func (s *Selected) EmptyItemBeforePart() (part, item string, ok bool) {
	rest := s.files
	var look func(of render.Selection) bool
	look = func(of render.Selection) bool {
		files := rest[:of.Files()]
		for _, each := range of.Of {
			if look(each) {
				return true
			}
		}
		if len(of.Of) == 0 {
			rest = rest[1:]
		}
		if of.Part == "" {
			return false
		}
		whole := of
		whole.Part = ""
		part = of.Part
		item, ok = Select(whole, files...).EmptyItemBefore(of.Part)
		return ok
	}
	look(s.of)
	if !ok {
		part = ""
	}
	return part, item, ok
}

// Names returns the names of the JSON object that lands for o; nil where what lands
// has none.
func (s *Selected) Names(o render.Output) ([]string, error) {
	return rendered(s, (*sopsfile.File).Structure, func(t *sopsfile.Tree) ([]string, error) { return render.Names(t, o) })
}

// ParameterNames returns the names of the parameters that land, one for each value.
func (s *Selected) ParameterNames(n render.Naming) ([]render.ParameterName, error) {
	return rendered(s, (*sopsfile.File).Structure, func(t *sopsfile.Tree) ([]render.ParameterName, error) { return render.ParameterNames(t, n) })
}

// Dates returns the dates that stand in clear text, under names that end in suffix. No key
// is needed.
func (s *Selected) Dates(suffix string) ([]render.Date, error) {
	return rendered(s, (*sopsfile.File).Ciphertext, func(t *sopsfile.Tree) ([]render.Date, error) { return render.Dates(t, suffix) })
}

// Decrypt starts to decrypt the files: see [File.Decrypt].
func (s *Selected) Decrypt(region string) *Opening {
	o := Verify(region, s.files...)
	o.of = s
	return o
}

// Verify starts to decrypt files of which it is not known what lands, since others go with
// them. Nothing but the outcome can be asked for.
func Verify(region string, files ...*File) *Opening {
	o := &Opening{}
	for _, f := range files {
		o.files = append(o.files, f.Decrypt(region))
	}
	return o
}

// Opening is the decryption of what a construct takes from files.
type Opening struct {
	of    *Selected // nil of Verify
	files []*Decryption
}

// Decryptions are those of the single files.
func (o *Opening) Decryptions() []*Decryption { return o.files }

// Tree waits for the end of the decryption and returns what is selected, or nil of Verify.
// An error says what to do; it wraps [ErrNoKey] where only a key is missing.
func (o *Opening) Tree() (*sopsfile.Tree, error) {
	trees := make([]*sopsfile.Tree, len(o.files))
	for i, d := range o.files {
		var err error
		if trees[i], err = d.Tree(); err != nil {
			return nil, err
		}
	}
	if o.of == nil {
		return nil, nil
	}
	return o.of.of.Tree(trees)
}

// Content waits for the end of the decryption and returns what lands in a secret
// for an output. Its errors are those of Tree, and of what cannot land.
func (o *Opening) Content(out render.Output) (content render.Content, err error) {
	err = o.Check(func(t *sopsfile.Tree) error {
		content, err = render.ForSecret(t, out)
		return err
	})
	return content, err
}

// Check waits for the end of the decryption and returns what fits says of what is
// selected. Its errors are those of Tree, and those of fits.
func (o *Opening) Check(fits func(*sopsfile.Tree) error) error {
	t, err := o.Tree()
	if err != nil || t == nil {
		return err
	}
	if err := fits(t); err != nil {
		return fmt.Errorf("%s: %w", o.of, err)
	}
	return nil
}
