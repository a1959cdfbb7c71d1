package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// filledSecret is the CDK's secret, with the attributes by which others refer to
// it taken from the custom resource that fills it. So whatever refers to the
// secret, in any module of the CDK, waits for its value.
//
// The overrides must not call the getters that they replace: the call comes
// back to them through jsii.
type filledSecret struct {
	awssecretsmanager.Secret
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
