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

// outputMasterKey outputs the stack's key as sops/.sops.yaml and the SOPS files name it:
// KEY+ROLE, the key by its alias.
func outputMasterKey(stack awscdk.Stack, keyName string, roleARN *string) {
	alias := stack.FormatArn(&awscdk.ArnComponents{
		Service:      new("kms"),
		Resource:     new("alias"),
		ResourceName: &keyName,
	})
	awscdk.NewCfnOutput(stack, new("SopsMasterKey"), &awscdk.CfnOutputProps{
		Description: new("The master key as sops/.sops.yaml names it: this region's key, by alias, and the role that may use it."),
		Value:       awscdk.Fn_Join(new("+"), &[]*string{alias, roleARN}),
	})
}
