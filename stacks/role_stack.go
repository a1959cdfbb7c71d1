package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
)

// RoleStack is the key in eu-west-1 and the role that sops uses both regions'
// keys with.
type RoleStack struct {
	awscdk.Stack
	// Role is trusted by the account's own principals, as far as their policies
	// allow them sts:AssumeRole on it.
	Role awsiam.Role
	Key  awskms.Key
}

// Location is the stack's region.
func (*RoleStack) Location() string { return RegionEU }

func newRoleStack(scope constructs.Construct, stage Stage, props *awscdk.StackProps) *RoleStack {
	s := &RoleStack{}
	awscdk.NewStack_Override(s, scope, props.StackName, props)
	s.Key = newKey(s, stage, stage.keyNameEU(), "SOPS KMS Key EU-West-1")
	s.Role = awsiam.NewRole(s, new(stage.roleName()), &awsiam.RoleProps{
		RoleName:    new(stage.roleName()),
		Description: new("The role for using sops."),
		AssumedBy:   awsiam.NewAccountRootPrincipal(),
	})
	s.Role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new(stage.statementID("Actions")),
		Actions:   sopsActions(),
		Resources: &[]*string{s.Key.KeyArn()},
	}))
	// The key in us-east-1 by its alias: its ARN would tie this stack to one in
	// another region.
	s.Role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:     new(stage.statementID("ActionsUS")),
		Actions: sopsActions(),
		Resources: &[]*string{s.FormatArn(&awscdk.ArnComponents{
			Service:      new("kms"),
			Region:       new(RegionUS),
			Resource:     new("key"),
			ResourceName: new("*"),
		})},
		Conditions: &map[string]any{
			"ForAnyValue:StringEquals": map[string]any{"kms:ResourceAliases": "alias/" + stage.keyNameUS()},
		},
	}))
	outputMasterKey(s, stage.keyNameEU(), s.Role.RoleArn())
	return s
}

// sopsActions are what sops and those who manage its files need of a key.
func sopsActions() *[]*string {
	return &[]*string{
		new("kms:Encrypt"), new("kms:Decrypt"), new("kms:ReEncrypt*"), new("kms:GenerateDataKey*"), new("kms:DescribeKey"),
	}
}
