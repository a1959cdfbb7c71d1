package syncfunction

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// beforeTime bounds how long the file of the request before may take to be read and
// decrypted.
const beforeTime = 5 * time.Second

// sameAsBefore reports whether the request before this one wrote c to the same target,
// as far as its properties say. A Create has none before it. It tries once: a file that
// cannot be opened counts as another, and so do properties of another release.
func (s *task) sameAsBefore(ctx context.Context, p syncprotocol.Properties, c render.Content) bool {
	if s.event.requestType == requestCreate {
		return true
	}
	s.at("comparing with the file before")
	same := false
	old, err := s.event.readOldProperties()
	if err == nil {
		err = check(old)
	}
	switch {
	case err != nil || old.Target != p.Target:
	case old.Output == p.Output && sameFile(old.File, p.File):
		same = true
	default:
		same = s.renders(ctx, old, c)
	}
	if !same {
		s.log.Info("the request before was for another value: a version is written, so that it cannot become current any more")
	}
	return same
}

// sameFile reports whether a and b are the same of one encrypted file, or of several. An object of one name, and
// one hash if it has one, counts as one file: what was in it before cannot be read.
func sameFile(a, b syncprotocol.File) bool {
	return a.Format == b.Format && a.Part == b.Part && a.Content == b.Content && a.Bucket == b.Bucket && a.Key == b.Key && a.SHA256 == b.SHA256 &&
		a.Combine == b.Combine && slices.EqualFunc(a.Files, b.Files, sameFile)
}

// renders reports whether the properties old render to c.
func (s *task) renders(ctx context.Context, old syncprotocol.Properties, c render.Content) bool {
	ctx, cancel := context.WithTimeout(ctx, beforeTime)
	defer cancel()
	once := &task{Handler: s.Handler, event: s.event, log: s.log.With("of", "the request before"), start: s.start, once: true}
	f, err := once.readSource(ctx, old.File)
	if err != nil {
		return false
	}
	before, err := once.content(ctx, f, old)
	return err == nil && before.Binary == c.Binary && bytes.Equal(before.Text.Reveal(), c.Text.Reveal())
}
