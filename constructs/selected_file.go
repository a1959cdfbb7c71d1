package sopsconstructs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/render"
)

// Select returns a part of the file: the map of that name, as in flat JSON, such as
// "services.api" or "databases[0]". What lands are the entries of that map alone, with
// their names inside it. The file is decrypted once, however many constructs take parts of
// it. An output of the whole file, OutputRaw or OutputBinary, is an error for a part.
//
// Each part is a copy: fields that are set on the file afterwards do not change it.
func (f *SopsFile) Select(name string) *SopsFile {
	part := *f
	part.parts = append(append([]string{}, f.parts...), name)
	return &part
}

// Overlay returns the file with later ones laid over it: of two values with one name, that
// of the later file lands, as where prod.sops.yaml is laid over common.sops.yaml. Maps of
// one name become one map, at every depth. A list, a single value and null each take the
// place of what had the name before; a later file takes no name away. The files may be of
// different formats, parts of files ([SopsFile.Select]), or several files themselves; there
// are at most 16 of them, which together hold no more than one file may, such as 2 MiB and
// 100,000 values. OutputRaw and OutputBinary are errors.
func (f *SopsFile) Overlay(later ...*SopsFile) *SopsFile {
	return &SopsFile{of: append([]*SopsFile{f}, later...), combine: render.Overlay}
}

// MergeFiles returns several files as one. A name that two of them have is an error at
// synth, and in the function, that names both files. Maps of one name become one map, at
// every depth, unless they have a name in common. For what else holds see
// [SopsFile.Overlay], where the later file's value lands instead.
func MergeFiles(files ...*SopsFile) *SopsFile {
	return &SopsFile{of: files, combine: render.Merge}
}

// single returns the single files that f is made of, in their order.
func (f *SopsFile) single() []*SopsFile {
	if f.combine == "" {
		return []*SopsFile{f}
	}
	var files []*SopsFile
	for _, each := range f.of {
		if each != nil {
			files = append(files, each.single()...)
		}
	}
	return files
}

// lacksPath reports whether one of the single files has no Path.
func (f *SopsFile) lacksPath() bool {
	return slices.ContainsFunc(f.single(), func(f *SopsFile) bool { return f.Path == "" })
}

// selection returns what of which files lands.
func (f *SopsFile) selection() render.Selection {
	s := render.Selection{Name: f.baseName(), Part: strings.Join(f.parts, "."), Combine: f.combine}
	for _, each := range f.of {
		s.Of = append(s.Of, each.selection())
	}
	return s
}

// checkCombined returns what is wrong with several files as one.
func (f *SopsFile) checkCombined() error {
	what := "Overlay"
	if f.combine == render.Merge {
		what = "MergeFiles"
	}
	switch {
	case f.Path != "" || f.Format != "" || f.Bucket != nil || f.Key != "" || f.UnboundObject || f.AllowedKeys != nil || f.NotSecret != nil ||
		len(f.DecryptionKeys)+len(f.DecryptionContext)+len(f.AgeIdentities) > 0:
		return fmt.Errorf("a field is set on what %s returned, where it has no effect; set it on each of the files", what)
	case slices.Contains(f.of, nil):
		return fmt.Errorf("a file of %s is nil; pass files alone", what)
	case len(f.of) < 2:
		return fmt.Errorf("%s has fewer than two files; pass the others, or the one file itself", what)
	case len(f.single()) > render.MaxFiles:
		return fmt.Errorf("%s has %d files; at most %d are allowed", what, len(f.single()), render.MaxFiles)
	}
	for _, each := range f.of {
		if err := each.check(); err != nil {
			return err
		}
	}
	return nil
}

// checkParts returns what is wrong with the names in Select.
func (f *SopsFile) checkParts() error {
	for _, name := range f.parts {
		if name == "" {
			return errors.New("Select names no part; pass the name of a map in the file, such as \"services.api\"")
		}
		if err := filetext.Check(name, maxPath); err != nil {
			return fmt.Errorf("the part %s %w; rename it in the file", filetext.Quote(name), err)
		}
	}
	return nil
}
