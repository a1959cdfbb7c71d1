package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// filledSecret is the CDK's secret, with the attributes by which others refer to
// it taken from the custom resource that fills it. So whatever refers to the
// secret, in any module of the CDK, waits for its value.
//
// What would change the value beside the file is refused: the next sync would
// undo it.
//
// The overrides must not call what they replace: the call comes back to them
// through jsii. Methods with an optional last parameter cannot be overridden.
type filledSecret struct {
	awssecretsmanager.Secret
	of   *readableSecret
	sync awscdk.CustomResource
}

// SecretArn is the secret's full ARN, known once the secret has its value.
func (s *filledSecret) SecretArn() *string { return s.attribute(syncprotocol.AttrSecretArn) }

// SecretFullArn is the same as SecretArn.
func (s *filledSecret) SecretFullArn() *string { return s.attribute(syncprotocol.AttrSecretArn) }

// SecretName is the secret's name, known once the secret has its value.
func (s *filledSecret) SecretName() *string { return s.attribute(syncprotocol.AttrSecretName) }

func (s *filledSecret) attribute(name string) *string {
	if s.sync == nil { // while the CDK's own constructor runs
		return nil
	}
	return s.sync.GetAttString(&name)
}

// SecretValueFromJson is one key of the secret, which the file must have; "" is
// the whole secret.
func (s *filledSecret) SecretValueFromJson(key *string) awscdk.SecretValue {
	return s.of.secretValueFromJSON(*key)
}

// GrantWrite is refused.
func (s *filledSecret) GrantWrite(awsiam.IGrantable) awsiam.Grant { return s.of.refuseGrantWrite() }

// Attach is refused.
func (s *filledSecret) Attach(awssecretsmanager.ISecretAttachmentTarget) awssecretsmanager.ISecret {
	return s.of.refuseAttach()
}

// AddRotationSchedule is refused.
func (s *filledSecret) AddRotationSchedule(*string, *awssecretsmanager.RotationScheduleOptions) awssecretsmanager.RotationSchedule {
	return s.of.refuseRotation()
}
