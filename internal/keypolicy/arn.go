package keypolicy

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// The patterns are compiled at their first use: at the start of a function they
// would cost a twentieth of the time until it is ready.
//
// They are narrower than what sops accepts. A region becomes part of a host name to
// which signed requests go, and a "*" in a file must not become a wildcard in a
// policy.
var (
	keyPattern  = lazily(`^arn:(aws[a-z0-9-]*):kms:([a-z][a-z0-9-]*[0-9]):([0-9]{12}):(key/[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+)$`)
	rolePattern = lazily(`^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$`)

	accountPattern = lazily(`^[0-9]{12}$`)
)

func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// KeyARN is the ARN of a KMS key or alias, of any partition.
type KeyARN struct {
	Partition, Region, Account string
	// Resource is "key/ID" or "alias/NAME".
	Resource string
}

// ParseKeyARN reads the ARN of a KMS key or alias.
func ParseKeyARN(arn string) (KeyARN, error) {
	m := keyPattern().FindStringSubmatch(arn)
	if m == nil {
		return KeyARN{}, fmt.Errorf("%s is not the ARN of a KMS key or alias (arn:aws:kms:REGION:ACCOUNT:key/ID)", filetext.Quote(arn))
	}
	return KeyARN{m[1], m[2], m[3], m[4]}, nil
}

// IsAlias reports whether the ARN names an alias.
func (k KeyARN) IsAlias() bool { return strings.HasPrefix(k.Resource, "alias/") }

// AnyKey returns the pattern of all keys of the ARN's account and region.
func (k KeyARN) AnyKey() string {
	return strings.Join([]string{"arn", k.Partition, "kms", k.Region, k.Account, "key/*"}, ":")
}

// CheckRoleARN returns an error unless arn is the ARN of an IAM role.
func CheckRoleARN(arn string) error {
	if !rolePattern().MatchString(arn) {
		return fmt.Errorf("%s is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME)", filetext.Quote(arn))
	}
	return nil
}
