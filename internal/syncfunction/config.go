package syncfunction

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Config is the configuration that Lambda puts into a function's environment:
// AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, and
// AWS_ENDPOINT_URL where it is set. getenv is os.Getenv.
//
// It stands in for the SDK's config.LoadDefaultConfig, which looks for profiles,
// instance metadata and single sign-on. A function has none of them, and pays for
// the search with a larger binary and a later start.
func Config(getenv func(string) string) aws.Config {
	cfg := aws.Config{
		Region: getenv("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			c := aws.Credentials{
				AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
				SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
				SessionToken:    getenv("AWS_SESSION_TOKEN"),
				Source:          "environment",
			}
			if !c.HasKeys() {
				return aws.Credentials{}, errors.New("the function's environment has no credentials")
			}
			return c, nil
		}),
	}
	if endpoint := getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		cfg.BaseEndpoint = &endpoint
	}
	return cfg
}
