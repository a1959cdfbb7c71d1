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
	keyPattern = lazily(`^arn:(aws[a-z0-9-]*):kms:([a-z][a-z0-9-]*[0-9]):([0-9]{12}):(key/[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+)$`)
	// replicaPattern is a multi-Region key, of an account or of any ("*").
	replicaPattern = lazily(`^(arn:aws[a-z0-9-]*:kms:)[a-z][a-z0-9-]*[0-9](:(?:[0-9]{12}|\*):key/mrk-[A-Za-z0-9-]+(?:\|(?s:.*))?)$`)
	regionPattern  = lazily(`^[a-z][a-z0-9-]*[0-9]$`)
	rolePattern    = lazily(`^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/([A-Za-z0-9+=,.@_/-]+/)?[A-Za-z0-9+=,.@_-]+$`)

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

// Replica returns the ARN that the key has in another region of its partition, where it is
// a multi-Region key ("mrk-…"). Whether there is a replica only KMS knows. region may be a
// text that stands for one, such as a token of the CDK. See "Multi-Region keys in AWS KMS"
// in the KMS developer guide: all of them have one key id and account.
func (k KeyARN) Replica(region string) (arn string, ok bool) {
	if !strings.HasPrefix(k.Resource, "key/mrk-") || region == "" || region == k.Region || partitionOf(region, k.Partition) != k.Partition {
		return "", false
	}
	return strings.Join([]string{"arn", k.Partition, "kms", region, k.Account, k.Resource}, ":"), true
}

// partitions are those that are not aws, by the begin of their regions' names. See
// "Regions and Zones" and the partitions of the SDKs.
var partitions = map[string]string{
	"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b", "us-isof-": "aws-iso-f",
	"eu-isoe-": "aws-iso-e", "eusc-": "aws-eusc",
}

// partitionOf returns the partition of a region, or otherwise for what is no region.
func partitionOf(region, otherwise string) string {
	if !regionPattern().MatchString(region) {
		return otherwise
	}
	for begin, partition := range partitions {
		if strings.HasPrefix(region, begin) {
			return partition
		}
	}
	return "aws"
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
