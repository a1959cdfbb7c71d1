package syncfunction

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const (
	// callTry is how long one try of a call to Secrets Manager may take.
	callTry = 10 * time.Second
	// callTries is how often a call without an answer, or with a server's error, is
	// tried.
	callTries = 4
	// callPause is the longest pause between two tries.
	callPause = 2 * time.Second
)

// NewClient returns the client of Secrets Manager that a Handler needs. A call
// that hangs is given up and tried again, well inside the function's deadline.
func NewClient(cfg aws.Config) *secretsmanager.Client {
	return secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) {
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(callTry)
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts = callTries
			r.MaxBackoff = callPause
		})
	})
}
