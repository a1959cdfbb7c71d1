package sopsconstructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// aliasTarget returns the key that an alias stands for, or the key itself, and its ARN:
// the ARN of an alias, as the resource of a statement, matches nothing. It panics for an
// alias whose key is not known here.
func (s *site) aliasTarget(what string, key awskms.IKey) (target awskms.IKey, arn string) {
	target, arn, err := aliasTarget(what, key)
	if err != nil {
		s.fail(err)
	}
	return target, arn
}

func aliasTarget(what string, key awskms.IKey) (target awskms.IKey, arn string, err error) {
	unknown := fmt.Errorf("%s is an alias whose key is not known here; pass the key itself", what)
	if alias, ok := key.(awskms.IAlias); ok {
		if key, ok = keyOf(alias); !ok {
			return nil, "", unknown
		}
	}
	// Key_FromKeyArn takes the ARN of an alias too.
	if arn = *key.KeyArn(); strings.Contains(arn, ":alias/") {
		return nil, "", unknown
	}
	return key, arn, nil
}

// keyOf returns the key of an alias; the CDK panics where it does not know it.
func keyOf(alias awskms.IAlias) (key awskms.IKey, ok bool) {
	defer func() { _ = recover() }()
	return alias.AliasTargetKey(), true
}

// viaService returns the service in a region of the stack's partition as
// kms:ViaService names it. The name ends in amazonaws.com; for partitions with
// another suffix, or where the region is known at deploy alone, the name with that
// suffix counts too.
func viaService(region string, stack *stackState, service string) any {
	names := []string{fmt.Sprintf("%s.%s.amazonaws.com", service, region)}
	if isToken(region) || strings.HasPrefix(region, "cn-") || strings.Contains(region, "-iso") {
		return append(names, fmt.Sprintf("%s.%s.%s", service, region, *stack.UrlSuffix()))
	}
	return names[0]
}

// letAccountUse lets the stack's account use a key through a service, "secretsmanager"
// or "ssm", by the key's policy where that is in this app: for keys whose policy leaves
// nothing to the account's own policies.
func letAccountUse(key awskms.IKey, keyARN string, stack *stackState, service string) {
	if stack.keys[service+" "+keyARN] {
		return
	}
	stack.keys[service+" "+keyARN] = true
	actions := []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}
	if service == "ssm" {
		actions = []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"}
	}
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    jsii.Strings(actions...),
		Resources:  jsii.Strings("*"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewAccountPrincipal(stack.Account())},
		Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": viaService(stack.region, stack, service)}},
	}), new(true))
}
