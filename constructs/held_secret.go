package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces"
)

// heldSecret is a secret that exists without this construct: a Target, or an
// imported one. It is the CDK's own class without a resource of its own, so that
// what the CDK's import ignores without a word can be done or refused.
type heldSecret struct {
	awssecretsmanager.Secret
	of    *readableSecret
	plain awssecretsmanager.ISecret // the CDK's import
}

// newHeldSecret is the secret of r, below its construct. attributes say which.
func newHeldSecret(r *readableSecret, attributes *awssecretsmanager.SecretAttributes) *heldSecret {
	s := &heldSecret{of: r, plain: awssecretsmanager.Secret_FromSecretAttributes(r.construct, new("Imported"), attributes)}
	props := &awssecretsmanager.SecretProps{}
	if key := attributes.EncryptionKey; key != nil {
		// By its ARN: the CDK adds to the policy of the key of a secret that it makes.
		props.EncryptionKey = awskms.Key_FromKeyArn(r.construct, new("HeldKey"), key.KeyArn())
	}
	awssecretsmanager.NewSecret_Override(s, r.construct, new("Resource"), props)
	s.Node().TryRemoveChild(new("Resource"))
	return s
}

// SecretArn is the ARN that the secret was imported by, or that the sync gives.
func (s *heldSecret) SecretArn() *string { return s.plain.SecretArn() }

// SecretFullArn is the complete ARN; nil where it is not known.
func (s *heldSecret) SecretFullArn() *string { return s.plain.SecretFullArn() }

// SecretName is the secret's name, as far as its ARN says.
func (s *heldSecret) SecretName() *string { return s.plain.SecretName() }

// Env is the account and region that the secret is in.
func (s *heldSecret) Env() *interfaces.ResourceEnvironment { return s.plain.Env() }

// SecretValueFromJson is one key of the secret, which the file must have; "" is
// the whole secret.
func (s *heldSecret) SecretValueFromJson(key *string) awscdk.SecretValue {
	return s.of.secretValueFromJSON(*key)
}

// AddToResourcePolicy adds a statement to the policy of a Target that is made in
// this app. For any other secret, a warning says what its owner must add.
func (s *heldSecret) AddToResourcePolicy(statement awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult {
	if s.of.target != nil {
		if result := s.of.target.AddToResourcePolicy(statement); *result.StatementAdded {
			return result
		}
	}
	s.of.ownerMustAdd("the secret's policy", statement)
	return &awsiam.AddToResourcePolicyResult{StatementAdded: new(false)}
}

// DenyAccountRootDelete denies secretsmanager:DeleteSecret to every principal of
// the account, as AddToResourcePolicy does.
func (s *heldSecret) DenyAccountRootDelete() { s.AddToResourcePolicy(denyDelete()) }

// GrantWrite is refused.
func (s *heldSecret) GrantWrite(awsiam.IGrantable) awsiam.Grant { return s.of.refuseGrantWrite() }

// Attach is refused.
func (s *heldSecret) Attach(awssecretsmanager.ISecretAttachmentTarget) awssecretsmanager.ISecret {
	return s.of.refuseAttach()
}

// AddRotationSchedule is refused.
func (s *heldSecret) AddRotationSchedule(*string, *awssecretsmanager.RotationScheduleOptions) awssecretsmanager.RotationSchedule {
	return s.of.refuseRotation()
}
