package keypolicy_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
)

func TestParseKeyARN(t *testing.T) {
	for _, tt := range []struct{ partition, region string }{
		{"aws", "eu-west-1"},
		{"aws-cn", "cn-north-1"},
		{"aws-us-gov", "us-gov-west-1"},
		{"aws-iso", "us-iso-east-1"},
		{"aws-iso-b", "us-isob-east-1"},
		{"aws-eusc", "eusc-de-east-1"},
	} {
		prefix := "arn:" + tt.partition + ":kms:" + tt.region + ":111122223333:"
		for _, resource := range []string{"key/mrk-0123456789abcdef", "key/11111111-1111-4111-8111-111111111111", "alias/sops/dev_key-1"} {
			t.Run(prefix+resource, func(t *testing.T) {
				got, err := keypolicy.ParseKeyARN(prefix + resource)
				if err != nil {
					t.Fatal(err)
				}
				if want := (keypolicy.KeyARN{Partition: tt.partition, Region: tt.region, Account: "111122223333", Resource: resource}); got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
				if got, want := got.IsAlias(), strings.HasPrefix(resource, "alias/"); got != want {
					t.Errorf("it is an alias: %v, want %v", got, want)
				}
				if got, want := got.AnyKey(), prefix+"key/*"; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		}
		role := "arn:" + tt.partition + ":iam::111122223333:role/path/sops+=,.@_-role"
		if err := keypolicy.CheckRoleARN(role); err != nil {
			t.Error(err)
		}
	}
}

// What would be a wildcard or a variable in a policy, or another host in a request,
// is no ARN.
func TestOtherARNs(t *testing.T) {
	for name, arn := range map[string]string{
		"every key":           "arn:aws:kms:eu-west-1:111122223333:key/*",
		"one character":       "arn:aws:kms:eu-west-1:111122223333:key/1111?",
		"every alias":         "arn:aws:kms:eu-west-1:111122223333:alias/*",
		"every region":        "arn:aws:kms:*:111122223333:key/1111",
		"every account":       "arn:aws:kms:eu-west-1:*:key/1111",
		"every partition":     "arn:aws*:kms:eu-west-1:111122223333:key/1111",
		"every service":       "arn:aws:*:eu-west-1:111122223333:key/1111",
		"a variable":          "arn:aws:kms:eu-west-1:111122223333:alias/${aws:username}",
		"a path in a key":     "arn:aws:kms:eu-west-1:111122223333:key/a/b",
		"another host":        "arn:aws:kms:evil.example/eu-1:111122223333:key/1111",
		"a long account":      "arn:aws:kms:eu-west-1:1111222233334:key/1111",
		"another partition":   "arn:evil:kms:eu-west-1:111122223333:key/1111",
		"another service":     "arn:aws:s3:eu-west-1:111122223333:key/1111",
		"a line more":         "arn:aws:kms:eu-west-1:111122223333:key/1111\n",
		"no ARN":              "alias/sops",
		"nothing":             "",
		"an ARN inside of it": "x arn:aws:kms:eu-west-1:111122223333:key/1111",
	} {
		if got, err := keypolicy.ParseKeyARN(arn); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
	for name, arn := range map[string]string{
		"every role":    "arn:aws:iam::111122223333:role/*",
		"one character": "arn:aws:iam::111122223333:role/sops?",
		"every account": "arn:aws:iam::*:role/sops",
		"a variable":    "arn:aws:iam::111122223333:role/${aws:username}",
		"a user":        "arn:aws:iam::111122223333:user/sops",
		"no name":       "arn:aws:iam::111122223333:role/",
		"a name alone":  "sops-role",
	} {
		if err := keypolicy.CheckRoleARN(arn); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
