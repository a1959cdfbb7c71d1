// Package masterkey unwraps the data keys of SOPS files: with age identities,
// and with AWS KMS, through a role and an encryption context where the file names
// them.
//
// A [Ring] implements sopsfile.Unwrapper and sopsfile.Orderer. [FromEnvironment]
// makes the one for synth, which has what the sops command has on the same
// machine; [ForFunction] the one for the deploy-time function, which has KMS, and the
// places that its template names for age identities.
//
// # What is read, and when
//
// Nothing until an entry needs it: no file, no environment variable, no
// credential, no place. So a file that an age identity opens is opened without a look at
// AWS, and the other way round.
//
// # Errors
//
// An error says in one line why this key did not open the file and what to do
// about it. It is made of fixed text, of names out of the file's metadata (ARNs,
// recipients, keys of the encryption context), of paths and places, and of the
// caller's own ARN; never of key material, wrapped keys, values of an encryption context or the
// text of a response.
//
// What sops does is after version 3.13.3 of github.com/getsops/sops/v3, packages
// age and kms, and was tried with its command.
package masterkey

import (
	"context"
	"fmt"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Ring unwraps data keys. It may be used from several goroutines. The zero value
// is of no use: make one with [FromEnvironment] or [ForFunction].
type Ring struct {
	region  string
	ageLast bool               // in Order
	order   []sopsfile.KeyType // which types come first in Order; nil for age
	person  func() bool        // whether somebody is there to be asked; nil for nobody
	age     func(context.Context, sopsfile.MasterKey) ([]byte, error)
	kms     *keyService
}

// personTime is how long an age entry may take where there is a person: the plugins of
// many files run one after the other.
const personTime = 30 * time.Minute

// Patience implements [sopsfile.Patient]: a command or a plugin may ask a person.
func (r *Ring) Patience(k sopsfile.MasterKey) time.Duration {
	if k.Type == sopsfile.Age && r.person != nil && r.person() {
		return personTime
	}
	return 0
}

// Near returns a ring with another region to prefer. All else they share, such as what was
// read, or asked of a person.
func (r *Ring) Near(region string) sopsfile.Orderer {
	near := *r
	near.region = region
	return &near
}

var (
	_ sopsfile.Patient   = (*Ring)(nil)
	_ sopsfile.Unwrapper = (*Ring)(nil)
	_ sopsfile.Orderer   = (*Ring)(nil)
	_ sopsfile.Preparer  = (*Ring)(nil)
)

// Unwrap returns the data key (or Shamir share) that k wraps. For KMS it takes at
// most the ring's timeout, STS included, beyond the time that the credential chain
// needs for its first answer. It returns as soon as ctx is done; the error then
// wraps ctx's.
func (r *Ring) Unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("not tried: %w", err)
	}
	switch k.Type {
	case sopsfile.Age:
		return r.age(ctx, k)
	case sopsfile.KMS:
		return r.kms.unwrap(ctx, k)
	}
	return nil, fmt.Errorf("keys of type %q cannot be used here; add a KMS key to the file: sops rotate --in-place --add-kms KEY_ARN FILE", k.Type)
}

// Prepare returns when there are credentials for a KMS entry, for which it waits up to two
// minutes. For any other entry there is nothing to prepare.
func (r *Ring) Prepare(ctx context.Context, k sopsfile.MasterKey) error {
	if k.Type != sopsfile.KMS {
		return nil
	}
	from, _ := r.kms.account(k.AWSProfile)
	return r.kms.ready(ctx, from)
}

// SetTimeout changes what [Options.Timeout] said. Call it before the first Unwrap.
func (r *Ring) SetTimeout(d time.Duration) { r.kms.timeout = d }
