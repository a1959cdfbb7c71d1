package masterkey

import (
	"fmt"
	"regexp"
	"sync"
)

// lazily compiles a pattern at its first use: at the start of a function it would
// cost a twentieth of the time until it is ready.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// The patterns are narrower than those of sops, since a region becomes part of a
// host name, to which signed requests go: letters, digits and hyphens alone.
var (
	keyPattern  = lazily(`^arn:aws[a-z-]*:kms:([a-z][a-z0-9-]*[0-9]):[0-9]+:(?:key|alias)/[A-Za-z0-9/_-]+$`)
	rolePattern = lazily(`^arn:aws[a-z-]*:iam::[0-9]+:role/[A-Za-z0-9+=,.@_/-]+$`)
)

// keyRegion is the region in the ARN of a key or alias, of any partition.
func keyRegion(arn string) (string, error) {
	m := keyPattern().FindStringSubmatch(arn)
	if m == nil {
		return "", fmt.Errorf("%q is not the ARN of a KMS key or alias (arn:aws:kms:REGION:ACCOUNT:key/ID)", arn)
	}
	return m[1], nil
}

func checkRoleARN(arn string) error {
	if !rolePattern().MatchString(arn) {
		return fmt.Errorf("%q is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME)", arn)
	}
	return nil
}
