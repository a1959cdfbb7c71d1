package keypolicy_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
)

// hostile are pieces that are something else in a policy, a host name, a message or a
// template than in an ARN.
var hostile = []string{"*", "?", "${aws:username}", "evil.example/", "\n", "\u202e", "%2a", "{{resolve:ssm:x}}"}

// Each hostile piece at each place of an ARN makes it none: 48 ARNs of keys, and 48 of roles.
func TestHostileARNs(t *testing.T) {
	for _, kind := range []struct {
		name  string
		parts []string // of which each takes a piece
		check func(string) error
	}{
		{"key", []string{"arn:", "aws", ":kms:", "eu-west-1", ":111122223333:", "key/1111"}, func(arn string) error { _, err := keypolicy.ParseKeyARN(arn); return err }},
		{"role", []string{"arn:", "aws", ":iam:", ":", "111122223333", ":role/sops"}, keypolicy.CheckRoleARN},
	} {
		if err := kind.check(strings.Join(kind.parts, "")); err != nil {
			t.Fatal(err)
		}
		tried := 0
		for at := range kind.parts {
			for _, piece := range hostile {
				parts := append([]string{}, kind.parts...)
				parts[at] += piece
				arn := strings.Join(parts, "")
				if kind.check(arn) == nil {
					t.Errorf("%s: %q is accepted", kind.name, arn)
				}
				tried++
			}
		}
		if tried != 48 {
			t.Errorf("%s: %d ARNs", kind.name, tried)
		}
	}
}
