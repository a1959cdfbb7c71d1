package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	requestCreate = "Create"
	requestUpdate = "Update"
	requestDelete = "Delete"
)

// clockSkew is how much newer than the request a version must be to have been
// written after it. The request's date has whole seconds.
const clockSkew = 2 * time.Second

// task is one event being worked on.
type task struct {
	*Handler
	event event
	log   *slog.Logger
	start time.Time
	step  atomic.Pointer[string]
}

// at notes what is being done now, for the message of a deadline.
func (s *task) at(step string) { s.step.Store(&step) }

// run does what the event asks for and returns the resource's attributes.
func (s *task) run(ctx context.Context) (map[string]string, error) {
	switch s.event.requestType {
	case requestCreate, requestUpdate:
		return s.sync(ctx)
	case requestDelete:
		return nil, s.remove(ctx)
	}
	return nil, errors.New("malformed event: its RequestType is none of Create, Update and Delete")
}

// sync makes what the file renders to the target's current value, unless it is that
// already.
func (s *task) sync(ctx context.Context) (map[string]string, error) {
	p, err := s.event.readProperties()
	if err != nil {
		return nil, err
	}
	if err := check(p); err != nil {
		return nil, err
	}
	to, err := s.store(p.Target)
	if err != nil {
		return nil, err
	}
	s.log = s.log.With("secret", p.Target.SecretArn, "file", p.File.Name)
	content, err := s.content(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", p.File.Name, err)
	}
	now, err := to.current(ctx)
	if err != nil {
		return nil, err
	}
	if now.version != "" && now.holds(content) {
		s.log.Info("unchanged: no new version", "version", now.version)
		return to.settle(ctx, now.version)
	}
	id := s.event.token()
	if err := s.superseded(now, id); err != nil {
		return nil, err
	}
	if err := to.write(ctx, content, id); err != nil {
		return nil, err
	}
	s.log.Info("written", "version", id)
	return to.settle(ctx, id)
}

// remove does what a Delete asks for. Properties that this function does not
// understand are those of another release, or of a Create that failed for them: they
// must not keep the stack from being deleted.
func (s *task) remove(ctx context.Context) error {
	p, err := s.event.readProperties()
	if err == nil {
		if to, err := s.store(p.Target); err == nil {
			return to.remove(ctx)
		}
	}
	s.log.Info("nothing to do: the properties name no target of this function")
	return nil
}

// superseded refuses a request that was delivered again after a later one took
// its place: written now, it would undo that later one. Two things show it. The
// version of this request exists and is not current (the target would ignore the
// write). Or the current version is younger than this request; that also covers a
// first delivery that found nothing to write, and so left no version.
func (s *task) superseded(now state, id string) error {
	if now.replaced(id) {
		return fmt.Errorf("version %q of this very request exists, and a later one took its place: nothing was written", id)
	}
	issued := s.event.issued()
	if now.created.IsZero() || issued.IsZero() || now.created.Sub(issued) < clockSkew {
		return nil
	}
	return fmt.Errorf("the secret was written after this request was made (version %q): nothing was written; deploy again to make the file's content current", now.version)
}
