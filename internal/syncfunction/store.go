package syncfunction

import (
	"context"
	"errors"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// store is the target of a task. There is one implementation for each kind of
// target, and a store is made for one event. The methods are called in the order in
// which they stand here; a Delete calls remove alone.
type store interface {
	// current returns what the target holds now. A target that does not exist, or
	// will not for long, is an error.
	current(ctx context.Context) (state, error)
	// write makes c the target's value, under an id that is the same whenever the
	// request is delivered: a second write of the same id has no effect.
	write(ctx context.Context, c render.Content, id string) error
	// settle waits until readers get the version, everywhere, and returns the
	// resource's attributes. After write it also checks that nothing else became
	// current in between.
	settle(ctx context.Context, version string) (map[string]string, error)
	// remove deletes what a Create made. It may be called again, and for a target
	// that is not there.
	remove(ctx context.Context) error
}

// state is what a target holds before it is written.
type state struct {
	// version is the id of the current version, or "" where the target has no value
	// yet.
	version string
	// created is when that version was written. The zero time means that it is
	// unknown.
	created time.Time
	// holds reports whether the current value is c.
	holds func(c render.Content) bool
	// replaced reports whether a version with that id was written before and is not
	// current any more.
	replaced func(id string) bool
}

// store returns the store for a kind of target.
func (s *task) store(t syncprotocol.Target) (store, error) {
	if t.SecretArn != "" {
		return &secretStore{task: s, arn: t.SecretArn}, nil
	}
	return nil, errors.New("property Target.SecretArn is missing: nothing says which secret to write")
}
