package constructs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
)

// plainSecret is the CDK's secret with the value in the template. Like
// [filledSecret] it refuses what would change the value beside the file.
type plainSecret struct {
	awssecretsmanager.Secret
	of *readableSecret
}

// SecretValueFromJson is one key of the secret, which the file must have.
func (s *plainSecret) SecretValueFromJson(key *string) awscdk.SecretValue {
	return s.of.secretValueFromJSON(*key)
}

// GrantWrite is refused.
func (s *plainSecret) GrantWrite(awsiam.IGrantable) awsiam.Grant { return s.of.refuseGrantWrite() }

// Attach is refused.
func (s *plainSecret) Attach(awssecretsmanager.ISecretAttachmentTarget) awssecretsmanager.ISecret {
	return s.of.refuseAttach()
}

// AddRotationSchedule is refused.
func (s *plainSecret) AddRotationSchedule(*string, *awssecretsmanager.RotationScheduleOptions) awssecretsmanager.RotationSchedule {
	return s.of.refuseRotation()
}

// deliverInTemplate makes the secret with its value in the template.
func (s *SopsSecret) deliverInTemplate(src source, props *SopsSecretProps) {
	if skipsDecryption(s) {
		s.fail(fmt.Errorf("Delivery_PLAINTEXT_TEMPLATE puts the decrypted values into the template, and %s=%s decrypts nothing; leave one of the two out", contextDecrypt, decryptSkip))
	}
	warn(s, "plaintext", fmt.Sprintf("The values of %s are in the template in clear text, for whoever may read the template, cdk.out, the bucket of cdk's assets or the stack. Delivery_SYNC keeps them encrypted.", s.readable.file))
	value := string(src.value.Reveal())
	if err := checkLiteral(value); err != nil {
		s.fail(err)
	}
	secret := &plainSecret{of: s.readable}
	s.readable.secret = secret
	resource := s.secretResource(secret, src, props, awscdk.SecretValue_UnsafePlainText(&value))
	resource.AddPropertyDeletionOverride(new("GenerateSecretString"))
	s.refuseWriters(resource)
}

// checkLiteral fails for text that the CDK or CloudFormation would not take as it
// stands. It names no part of it.
func checkLiteral(value string) error {
	switch {
	case strings.Contains(value, "${Token["):
		return errors.New("a value contains the text of a CDK token, which the CDK would replace; use Delivery_SYNC")
	case strings.Contains(value, "{{resolve:"):
		return errors.New("a value contains the text of a dynamic reference, which CloudFormation would replace; use Delivery_SYNC")
	}
	return nil
}
