package syncfunction

import (
	"context"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// SecretsManager is what the function calls of Secrets Manager: the four actions
// that its role needs on the secret. *secretsmanager.Client implements it.
type SecretsManager interface {
	DescribeSecret(context.Context, *secretsmanager.DescribeSecretInput, ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error)
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
	PutSecretValue(context.Context, *secretsmanager.PutSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error)
	UpdateSecretVersionStage(context.Context, *secretsmanager.UpdateSecretVersionStageInput, ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error)
}

// secretARN holds the region of a secret's ARN. The region becomes part of a host
// name, to which signed requests go.
var secretARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:([a-z][a-z0-9-]*[0-9]):`)
})

// regionOf returns the region in a secret's ARN, or "" where it has none.
func regionOf(arn string) string {
	if m := secretARN().FindStringSubmatch(arn); m != nil {
		return m[1]
	}
	return ""
}
