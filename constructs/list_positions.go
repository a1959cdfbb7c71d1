package sopsconstructs

import (
	"fmt"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// SOPS does not authenticate the empty items of a list, so a position behind one is that of
// another item as soon as somebody takes it out or puts another in.

// warnOfPosition warns where the way to a value passes over an empty item of an encrypted
// list. of is nil where the file was not read.
func (s *site) warnOfPosition(of *synthfile.Selected, name string) {
	if of == nil || !strings.Contains(name, "[") {
		return
	}
	if item, ok := of.EmptyItemBefore(name); ok {
		s.warnOfEmptyItem(of, name, item)
	}
}

// warnOfPositions does so for the one value that lands, and for the parts of files.
func (s *site) warnOfPositions(of *synthfile.Selected, output render.Output) {
	if of == nil {
		return
	}
	if output.Mode == render.One {
		s.warnOfPosition(of, output.Value)
	}
	if part, item, ok := of.EmptyItemBeforePart(); ok {
		s.warnOfEmptyItem(of, part, item)
	}
}

func (s *site) warnOfEmptyItem(of *synthfile.Selected, name, item string) {
	s.warn("empty-item", fmt.Sprintf("%s of %s stands behind %s, an empty item of an encrypted list. SOPS does not authenticate empty items: whoever can edit the file can put in "+
		"or take out one, and %s is then another item. Give the items names instead of positions; else acknowledge this warning.",
		filetext.Quote(name), of, filetext.Quote(item), filetext.Quote(name)))
}
