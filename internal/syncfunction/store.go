package syncfunction

import (
	"context"
	"errors"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// store is the target of a task. There is one implementation for each kind of
// target, and a store is made for one event. The methods are called in the order in
// which they stand here; a Delete calls remove alone.
type store interface {
	// look reads what the target holds now. A target that does not exist, or will not
	// for long, is an error. It runs while the file is decrypted.
	look(ctx context.Context) error
	// write makes c the target's value, unless a later request's value is there or
	// the target holds c already and same returns true. same is called at most once.
	// It returns the id of the version that is current then.
	write(ctx context.Context, c render.Content, same func() bool) (version string, err error)
	// keep leaves the target as it stands, and sees to it that no request before this one
	// changes it any more. It returns the id of the version that is current.
	keep(ctx context.Context) (version string, err error)
	// settle waits until readers get the version, everywhere, and returns the
	// resource's attributes.
	settle(ctx context.Context, version string) (map[string]string, error)
	// forget clears what look has read. It may be called again.
	forget()
	// remove does what a Delete asks for. It may be called again, and for a target
	// that is not there.
	remove(ctx context.Context) error
}

// store returns the store for a kind of target.
func (s *task) store(t syncprotocol.Target) (store, error) {
	if t.SecretArn != "" {
		return &secretStore{task: s, arn: t.SecretArn}, nil
	}
	return nil, errors.New("property Target.SecretArn is missing: nothing says which secret to write")
}
