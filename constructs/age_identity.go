package sopsconstructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// AgeIdentity is a place from which the function reads age identities at deploy:
// the text of an identity file, as age-keygen writes it. The text never passes
// through the template or the function's environment. Put it there by hand, once.
type AgeIdentity struct {
	place    syncprotocol.AgeIdentity
	action   string
	resource string
	keyARN   string // of the customer-managed key that encrypts it; "" for none
	service  string
	node     constructs.Node
}

// AgeIdentityFromSecret reads the string of a secret, which is in the function's
// own account and region. It panics where an alias encrypts the secret whose key is not
// known.
func AgeIdentityFromSecret(secret awssecretsmanager.ISecret) *AgeIdentity {
	return &AgeIdentity{
		place:    syncprotocol.AgeIdentity{SecretArn: *secret.SecretArn()},
		action:   "secretsmanager:GetSecretValue",
		resource: secretARNPattern(secret),
		keyARN:   identityKey("AgeIdentityFromSecret: the key of the secret", secret.EncryptionKey()),
		service:  "secretsmanager",
		node:     secret.Node(),
	}
}

// AgeIdentityFromParameter reads a parameter of type SecureString, which is in the
// function's own account and region. key is the customer-managed key that encrypts
// it, or nil where that is the account's own key for SSM. It panics for an alias
// whose key is not known.
func AgeIdentityFromParameter(parameter awsssm.IParameter, key awskms.IKey) *AgeIdentity {
	return &AgeIdentity{
		place:    syncprotocol.AgeIdentity{ParameterName: *parameter.ParameterName()},
		action:   "ssm:GetParameter",
		resource: *parameter.ParameterArn(),
		keyARN:   identityKey("AgeIdentityFromParameter: the key", key),
		service:  "ssm",
		node:     parameter.Node(),
	}
}

// identityKey returns the ARN of the key that encrypts an identity; "" for nil.
func identityKey(what string, key awskms.IKey) string {
	if key == nil {
		return ""
	}
	_, arn, err := aliasTarget(what, key)
	if err != nil {
		panic(fmt.Errorf("constructs: %w", err))
	}
	return arn
}

// secretARNPattern returns what IAM matches the secret's ARN with: of one that was
// imported by name, the six characters at the end are not known.
func secretARNPattern(secret awssecretsmanager.ISecret) string {
	if full := secret.SecretFullArn(); full != nil {
		return *full
	}
	return *secret.SecretArn() + "-??????"
}
