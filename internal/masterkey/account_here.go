//go:build !sopssync

package masterkey

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Account returns the AWS configuration of this machine's user, with credentials that were
// there a moment ago, for commands that look at what is live. Its errors are for the user,
// and quote no file.
func Account(ctx context.Context) (aws.Config, error) {
	cfg, err := load(ctx, "")
	if err != nil {
		return aws.Config{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	if cfg.Credentials == nil {
		return aws.Config{}, noCredentials("", nil)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return aws.Config{}, noCredentials("", err)
	}
	return cfg, nil
}
