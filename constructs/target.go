package sopsconstructs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
)

// claimTarget makes this the construct that fills a secret which exists, and returns
// why it cannot be.
func (s *secret) claimTarget(target awssecretsmanager.ISecret) error {
	if _, ours := target.(*secretView); ours {
		return errors.New("the Target is filled from a SOPS file already; fill it from one file, or pass a secret of the CDK's own")
	}
	arn := *target.SecretArn()
	if !isToken(arn) && strings.ContainsAny(arn, "*?$") {
		return fmt.Errorf("the ARN of the Target, %q, has a wildcard; pass the ARN of one secret", arn)
	}
	there := target.Env()
	for _, of := range []struct{ what, here, there string }{
		{"account", s.env.account, known(*there.Account)}, {"region", s.env.region, known(*there.Region)},
	} {
		if compare(of.here, of.there) == different {
			return fmt.Errorf("the Target is in the %s %s, and the stack in %s; a file fills a secret of its own account and region, so put this one there", of.what, of.there, of.here)
		}
	}
	name := arn
	if _, found, ok := strings.Cut(arn, ":secret:"); ok && !isToken(arn) {
		name = found
		if full := target.SecretFullArn(); full != nil {
			name = withoutSuffix(found)
		}
	}
	return s.claimName(name)
}

// withoutSuffix returns a secret's name without the hyphen and the six characters that
// Secrets Manager adds to it in an ARN.
func withoutSuffix(name string) string {
	const suffix = len("-AbCdEf")
	if len(name) > suffix {
		return name[:len(name)-suffix]
	}
	return name
}
