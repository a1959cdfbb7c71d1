package syncfunction

import (
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const (
	// callTry is how long one try of a call to Secrets Manager, S3 or SSM may take.
	callTry = 10 * time.Second
	// callTries is how often the SDK tries a call that got no answer, a server's
	// error or too many requests, and callPause its longest pause: about a second
	// together. What lasts longer is for [task.retry], which knows the deadline.
	callTries = 3
	callPause = 500 * time.Millisecond
)

// Clients are the services that a Handler calls.
type Clients struct {
	Secrets    SecretsManager
	Objects    S3
	Parameters ParameterStore
	// Answers reports whether an answer may be sent to a URL. nil allows none.
	Answers func(*url.URL) bool
}

// NewClients returns the clients for cfg. A call that hangs is given up and tried
// again, well inside the function's deadline.
func NewClients(cfg aws.Config) Clients {
	cfg = cfg.Copy()
	cfg.HTTPClient = awshttp.NewBuildableClient().WithTimeout(callTry)
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts = callTries
			r.MaxBackoff = callPause
		})
	}
	return Clients{
		Secrets:    secretsmanager.NewFromConfig(cfg),
		Objects:    newObjectStore(cfg),
		Parameters: newParameterStore(cfg),
		Answers:    answerHosts(cfg),
	}
}
