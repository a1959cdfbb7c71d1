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

// viaService is the service in the stack's region as kms:ViaService names it. The
// name ends in amazonaws.com; for partitions with another suffix, or where the
// region is known at deploy alone, the name with that suffix counts too.
func viaService(stack awscdk.Stack, service string) any {
	region := *stack.Region()
	names := []string{fmt.Sprintf("%s.%s.amazonaws.com", service, region)}
	if other := *stack.UrlSuffix(); *awscdk.Token_IsUnresolved(&region) || strings.HasPrefix(region, "cn-") || strings.Contains(region, "-iso") {
		return append(names, fmt.Sprintf("%s.%s.%s", service, region, other))
	}
	return names[0]
}
