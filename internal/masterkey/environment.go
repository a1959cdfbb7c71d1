//go:build !sopssync

package masterkey

// The function is built with the tag sopssync, without this file: it has no user,
// and the SDK's packages of profiles and sign-on would be in it for nothing.

import (
	"cmp"
	"context"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// FromEnvironment returns the ring of this machine's user, with what the sops
// command has here: the age identities (see [Options.Identities] for more), and
// KMS with the AWS SDK's default credential chain.
//
// It reads nothing yet, so a broken key file or missing credentials show only in
// the attempt that needs them. The error is for options, or a
// SOPS_DECRYPTION_ORDER, that make no sense. The ring keeps ctx's values, not its
// cancellation.
func FromEnvironment(ctx context.Context, o Options) (*Ring, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	timeout := cmp.Or(o.Timeout, environmentTimeout)
	order, err := decryptionOrder(os.Getenv(envOrder))
	if err != nil {
		return nil, err
	}
	ids := &identities{given: o.Identities}
	ctx = context.WithoutCancel(ctx)
	return &Ring{
		region: o.Region,
		order:  order,
		person: sync.OnceValue(hasTerminal),
		age:    ids.unwrap,
		kms: &keyService{
			timeout:       timeout,
			load:          func(profile string) (aws.Config, error) { return load(ctx, profile) },
			noCredentials: noCredentials,
		},
	}, nil
}

// patientRetryer is for many files at once, which KMS may throttle: it slows down as KMS
// asks for it, within the timeout of each entry.
func patientRetryer() aws.Retryer {
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) {
			o.MaxAttempts = 8
			o.MaxBackoff = time.Second
		})
	})
}
