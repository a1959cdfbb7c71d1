package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// newKey makes the stage's key in the stack's region, with an alias of the same
// name. The account's policies decide who may use it.
func newKey(stack awscdk.Stack, stage Stage, name, description string) awskms.Key {
	return awskms.NewKey(stack, &name, &awskms.KeyProps{
		Alias:             new("alias/" + name),
		Description:       &description,
		EnableKeyRotation: new(!stage.throwaway()),
		PendingWindow:     awscdk.Duration_Days(jsii.Number(pendingWindowDays(stage))),
		RemovalPolicy:     stage.removal(),
	})
}

// pendingWindowDays is how long a deleted key can be had back: as short as KMS
// allows in the stage that can be thrown away, else as long.
func pendingWindowDays(stage Stage) int {
	if stage.throwaway() {
		return 7
	}
	return 30
}

// outputSopsKmsArn outputs the value for SOPS_KMS_ARN that makes sops use the
// key through the role.
func outputSopsKmsArn(stack awscdk.Stack, key awskms.Key, roleARN *string) {
	awscdk.NewCfnOutput(stack, new("SopsKmsArn"), &awscdk.CfnOutputProps{
		Description: new("The value for SOPS_KMS_ARN: this region's key, and the role that may use it. Join two regions' with a comma."),
		Value:       awscdk.Fn_Join(new("+"), &[]*string{key.KeyArn(), roleARN}),
	})
}
