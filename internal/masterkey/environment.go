//go:build !sopssync

package masterkey

// The function is built with the tag sopssync, without this file: it has no user,
// and the SDK's packages of profiles and sign-on would be in it for nothing.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go/logging"
)

// FromEnvironment returns the ring of this machine's user, with what the sops
// command has here: the age identities (see [Options.Identities] for more), and
// KMS with the AWS SDK's default credential chain.
//
// It reads nothing yet, so a broken key file or missing credentials show only in
// the attempt that needs them. The error is for options that make no sense. The
// ring keeps ctx's values, not its cancellation.
func FromEnvironment(ctx context.Context, o Options) (*Ring, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	timeout := cmp.Or(o.Timeout, environmentTimeout)
	ids := &identities{given: o.Identities}
	ctx = context.WithoutCancel(ctx)
	return &Ring{
		region: o.Region,
		age:    ids.unwrap,
		kms: &keyService{
			timeout:       timeout,
			load:          sync.OnceValues(func() (aws.Config, error) { return loadDefault(ctx) }),
			noCredentials: noCredentials,
		},
	}, nil
}

// loadDefault reads the SDK's configuration. Its errors are not passed on: they
// may quote lines of the files, which hold credentials.
func loadDefault(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{})) // its warnings say nothing that an error does not
	if err == nil {
		cfg = prepare(cfg)
		cfg.Retryer = patientRetryer
		return cfg, nil
	}
	if e, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return aws.Config{}, fmt.Errorf("the AWS profile %q does not exist; see AWS_PROFILE and \"aws configure list-profiles\"", e.Profile)
	}
	if e, ok := errors.AsType[config.SharedConfigLoadError](err); ok {
		return aws.Config{}, fmt.Errorf("the AWS configuration file %q cannot be read; try \"aws configure list\"", e.Filename)
	}
	return aws.Config{}, errors.New("the AWS configuration cannot be used; try \"aws configure list\"")
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

func noCredentials(err error) error {
	if _, ok := errors.AsType[*ssocreds.InvalidTokenError](err); ok {
		return errors.New("the AWS SSO session has expired; run \"aws sso login\"")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no AWS credentials came within %v; try \"aws sts get-caller-identity\"", credentialsTimeout)
	}
	return errors.New("no AWS credentials were found; run \"aws sso login\" and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \"aws sts get-caller-identity\" shows whether they work")
}
