package syncfunction

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

const (
	requestCreate = "Create"
	requestUpdate = "Update"
	requestDelete = "Delete"
)

// task is one event being worked on.
type task struct {
	*Handler
	event event
	log   *slog.Logger
	start time.Time
	// once says that no call is tried again.
	once bool
	step atomic.Pointer[string]
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
	if p.Target.Parameters != nil {
		return s.syncParameters(ctx, p)
	}
	to, err := s.store(p.Target)
	if err != nil {
		return nil, err
	}
	s.log = s.log.With("secret", p.Target.SecretArn, "file", filetext.Short(p.File.Selection().String()))
	defer to.forget()
	file, err := s.readSource(ctx, p.File)
	if errors.Is(err, errReplaced) {
		s.log.Warn("the secret stays as it is", "reason", printable(err.Error()))
		version, err := to.keep(ctx)
		if err != nil {
			return nil, err
		}
		return to.settle(ctx, version)
	}
	if err != nil {
		return nil, err
	}
	// The secret is read while the file is decrypted: neither waits for the other.
	ended := s.beside(ctx, to.look)
	content, err := s.content(ctx, file, p)
	if err != nil {
		_ = ended(true)
		return nil, err
	}
	s.at("looking at the secret")
	if err := ended(false); err != nil {
		return nil, err
	}
	version, err := to.write(ctx, content, func() bool { return s.sameAsBefore(ctx, p, content) })
	if err != nil {
		return nil, err
	}
	return to.settle(ctx, version)
}

// remove does what a Delete asks for. Properties that this function does not
// understand are those of another release, or of a Create that failed for them: they
// must not keep the stack from being deleted.
func (s *task) remove(ctx context.Context) error {
	p, err := s.event.readProperties()
	if err == nil && p.Target.Parameters != nil {
		return s.removeParameters(ctx, p.Target.Parameters)
	}
	if err == nil {
		if to, err := s.store(p.Target); err == nil {
			return to.remove(ctx)
		}
	}
	s.log.Info("nothing to do: the properties name no target of this function")
	return nil
}
