package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
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
	resource *string
	key      awskms.IKey
	service  string
	node     constructs.Node
}

// AgeIdentityFromSecret reads the string of a secret, which is in the function's
// own account and region.
func AgeIdentityFromSecret(secret awssecretsmanager.ISecret) *AgeIdentity {
	return &AgeIdentity{
		place:    syncprotocol.AgeIdentity{SecretArn: *secret.SecretArn()},
		action:   "secretsmanager:GetSecretValue",
		resource: new(secretARNPattern(secret)),
		key:      secret.EncryptionKey(),
		service:  "secretsmanager",
		node:     secret.Node(),
	}
}

// AgeIdentityFromParameter reads a parameter of type SecureString, which is in the
// function's own account and region. key is the customer's key that encrypts it,
// or nil where that is the account's own key for SSM.
func AgeIdentityFromParameter(parameter awsssm.IParameter, key awskms.IKey) *AgeIdentity {
	if key != nil {
		key = keyBehind("AgeIdentityFromParameter", "the key", key)
	}
	return &AgeIdentity{
		place:    syncprotocol.AgeIdentity{ParameterName: *parameter.ParameterName()},
		action:   "ssm:GetParameter",
		resource: parameter.ParameterArn(),
		key:      key,
		service:  "ssm",
		node:     parameter.Node(),
	}
}

// statements allow the function to read the place.
func (a *AgeIdentity) statements(stack awscdk.Stack) []awsiam.PolicyStatement {
	statements := []awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new(statementID("SopsAge", *a.node.Path())),
		Actions:   strs(a.action),
		Resources: &[]*string{a.resource},
	})}
	if a.key != nil {
		statements = append(statements, useVia(stack, statementID("SopsAgeKey", *a.node.Path()), a.service, a.key, "kms:Decrypt"))
	}
	return statements
}

// secretARNPattern is what IAM matches the secret's ARN with: of one that was
// imported by name, the six characters at the end are not known.
func secretARNPattern(secret awssecretsmanager.ISecret) string {
	if full := secret.SecretFullArn(); full != nil {
		return *full
	}
	return *secret.SecretArn() + "-??????"
}
