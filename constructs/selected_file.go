package sopsconstructs

import (
	"errors"
	"fmt"
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

// single returns the files that f is made of, in their order.
func (f *SopsFile) single() []*SopsFile { return []*SopsFile{f} }

// selection returns what of which files lands.
func (f *SopsFile) selection() render.Selection {
	return render.Selection{Name: f.baseName(), Part: strings.Join(f.parts, ".")}
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
