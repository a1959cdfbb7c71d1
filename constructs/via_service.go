package constructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
)

// useVia allows actions on a key, through one service of the stack's region alone.
func useVia(stack awscdk.Stack, sid, service string, key awskms.IKey, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        &sid,
		Actions:    strs(actions...),
		Resources:  &[]*string{key.KeyArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": viaService(stack, service)}},
	})
}

// viaService is the service in the stack's region as kms:ViaService names it.
func viaService(stack awscdk.Stack, service string) any {
	return viaServiceIn(*stack.Region(), stack, service)
}

// viaServiceIn is the same for a region of the stack's partition. The name ends in
// amazonaws.com; for partitions with another suffix, or where the region is
// known at deploy alone, the name with that suffix counts too.
func viaServiceIn(region string, stack awscdk.Stack, service string) any {
	names := []string{fmt.Sprintf("%s.%s.amazonaws.com", service, region)}
	if *awscdk.Token_IsUnresolved(&region) || strings.HasPrefix(region, "cn-") || strings.Contains(region, "-iso") {
		return append(names, fmt.Sprintf("%s.%s.%s", service, region, *stack.UrlSuffix()))
	}
	return names[0]
}

// allowAccountVia lets the account use a key through Secrets Manager, by the key's
// policy where that is in this app: for keys whose policy leaves nothing to the
// account's own policies.
func allowAccountVia(stack awscdk.Stack, key awskms.IKey) {
	statement := awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    strs("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
		Resources:  strs("*"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewAccountPrincipal(stack.Account())},
		Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": viaService(stack, "secretsmanager")}},
	})
	key.AddToResourcePolicy(statement, new(true))
}
