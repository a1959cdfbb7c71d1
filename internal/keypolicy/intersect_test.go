package keypolicy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
)

func TestIntersect(t *testing.T) {
	const (
		a, b       = "arn:aws:kms:eu-west-1:111122223333:alias/a", "arn:aws:kms:eu-west-1:111122223333:alias/b"
		otherB     = "arn:aws:kms:eu-west-1:444455556666:alias/b"
		anyA, anyB = "arn:aws:kms:eu-west-1:*:alias/a", "arn:aws:kms:eu-west-1:*:alias/b"
		recipient  = "age1x"
		mrkEU      = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1"
		mrkUS      = "arn:aws:kms:us-east-1:111122223333:key/mrk-1"
		anyMrkUS   = "arn:aws:kms:us-east-1:*:key/mrk-1"
	)
	for _, tt := range []struct {
		name              string
		own, policy, want []string
		fails             string
	}{
		{"equal", []string{a, recipient}, []string{recipient, a}, []string{a, recipient}, ""},
		{"narrower", []string{a}, []string{a, b}, []string{a}, ""},
		{"wider", []string{a, b, recipient}, []string{b}, []string{b}, ""},
		{"nothing in common", []string{a}, []string{b}, []string{}, ""},
		{"the policy has any account", []string{a, b}, []string{anyA}, []string{a}, ""},
		{"the file has any account", []string{anyA, anyB}, []string{b, otherB}, []string{b, otherB}, ""},
		{"both have any account", []string{anyA}, []string{anyA, anyB}, []string{anyA}, ""},
		{"another replica", []string{mrkEU}, []string{mrkUS}, []string{mrkEU}, ""},
		{"another replica, in any account", []string{mrkEU}, []string{anyMrkUS}, []string{mrkEU}, ""},
		{"another replica, of any account", []string{anyMrkUS}, []string{mrkEU}, []string{mrkEU}, ""},
		{"any account, of two", []string{a, otherB}, []string{anyA, anyB}, nil, "the accounts 111122223333 and 444455556666"},
		{"two accounts, one of them by name", []string{a, otherB}, []string{anyA, otherB}, []string{a, otherB}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := keypolicy.Intersect(tt.own, tt.policy)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %q (%v), want %q", got, err, tt.want)
			}
		})
	}
}
