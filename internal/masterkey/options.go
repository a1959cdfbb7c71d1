package masterkey

import (
	"errors"
	"slices"
	"time"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Options of a [Ring]. The zero value is fine.
type Options struct {
	// Identities are tried for age entries besides those of the environment, and
	// before them. [ForFunction] does not look at them: it has places.
	Identities []age.Identity
	// File is the one file that the ring of [ForFunction] opens: the sessions of its roles
	// may then use its keys alone. nil means that they may do what their roles may, as at
	// synth, where somebody's own roles are assumed.
	File *sopsfile.Metadata
	// Region is the one to prefer: "eu-west-1". "", or anything that is no region,
	// means that it is unknown, and that KMS keys keep the file's order.
	Region string
	// Timeout bounds one KMS entry: assuming the role and decrypting, together, with
	// all retries. 0 stands for 5 s in FromEnvironment, where a call may cross an
	// ocean on a slow line, and for 2 s in ForFunction.
	Timeout time.Duration
}

const (
	environmentTimeout = 5 * time.Second
	functionTimeout    = 2 * time.Second
)

func (o Options) check() error {
	if o.Timeout < 0 {
		return errors.New("masterkey: the timeout is negative")
	}
	if slices.Contains(o.Identities, nil) {
		return errors.New("masterkey: an identity is nil")
	}
	return nil
}
