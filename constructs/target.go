package constructs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
)

// checkTarget says why a secret that exists cannot be filled by this one.
func (s *SopsSecret) checkTarget(target awssecretsmanager.ISecret) error {
	switch target.(type) {
	case *filledSecret, *plainSecret:
		return errors.New("the Target is filled from a SOPS file already; fill it from one file, or pass a secret of the CDK's own")
	}
	arn := *target.SecretArn()
	unknown := *awscdk.Token_IsUnresolved(&arn)
	if !unknown && strings.ContainsAny(arn, "*?$") {
		return fmt.Errorf("the ARN of the Target, %q, has a wildcard; pass the ARN of one secret", arn)
	}
	stack, env := awscdk.Stack_Of(s), target.Env()
	for _, of := range []struct {
		what        string
		here, there *string
	}{{"account", stack.Account(), env.Account}, {"region", stack.Region(), env.Region}} {
		if here, there := resolved(of.here), resolved(of.there); here != "" && there != "" && here != there {
			return fmt.Errorf("the Target is in the %s %s, and the stack in %s; a file fills a secret of its own account and region, so put this one there", of.what, there, here)
		}
	}
	name := arn
	if _, found, ok := strings.Cut(arn, ":secret:"); ok && !unknown {
		name = found
		if full := target.SecretFullArn(); full != nil && len(found) > 7 {
			name = found[:len(found)-7] // the hyphen and six characters that Secrets Manager adds
		}
	}
	return stateOf(s).claimName(stack, name, *s.Node().Path())
}
