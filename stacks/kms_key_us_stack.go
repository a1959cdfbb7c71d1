package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
)

// KmsKeyUsStack is the key in us-east-1.
type KmsKeyUsStack struct {
	awscdk.Stack
	Key awskms.Key
}

// Location is the stack's region.
func (*KmsKeyUsStack) Location() string { return RegionUS }

func newKmsKeyUsStack(scope constructs.Construct, stage Stage, props *awscdk.StackProps) *KmsKeyUsStack {
	s := &KmsKeyUsStack{}
	awscdk.NewStack_Override(s, scope, props.StackName, props)
	s.Key = newKey(s, stage, stage.keyNameUS(), "SOPS KMS Key US-East-1")
	outputMasterKey(s, stage.keyNameUS(), s.FormatArn(&awscdk.ArnComponents{
		Service:      new("iam"),
		Region:       new(""),
		Resource:     new("role"),
		ResourceName: new(stage.roleName()),
	}))
	return s
}
