package keypolicy_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func TestCheckAllowed(t *testing.T) {
	m := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{
		{Type: sopsfile.KMS, ID: "arn:a", Role: "arn:role"}, {Type: sopsfile.Age, ID: "age1"},
	}}}
	for _, tt := range []struct {
		allowed []string
		want    string
	}{
		{[]string{"arn:a", "arn:role", "age1", "more"}, ""},
		{[]string{"arn:a", "age1"}, `the file names the role "arn:role", which is not among the allowed keys`},
		{[]string{"arn:a", "arn:role"}, `the file names the age key "age1", which is not among the allowed keys`},
		{[]string{"arn:", "arn:role", "age1"}, `the file names the kms key "arn:a", which is not among the allowed keys`},
		{[]string{"arn:a|app:web", "arn:role", "age1"}, `the file names the kms key "arn:a" without an encryption context, which is not among the allowed keys`},
		{nil, `the file names the kms key "arn:a", which is not among the allowed keys`},
	} {
		err := keypolicy.CheckAllowed(m, tt.allowed)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%q: got %v, want %s", tt.allowed, err, tt.want)
		}
	}
	m.Groups[0][0].ID = strings.Repeat("x", 10_000)
	if err := keypolicy.CheckAllowed(m, nil); len(err.Error()) > 400 {
		t.Errorf("the message has %d bytes", len(err.Error()))
	}
}

// An entry with "*" for its account stands for one account, and for no more than that.
func TestAnyAccount(t *testing.T) {
	const (
		anyAlias = "arn:aws:kms:eu-west-1:*:alias/sops-dev"
		anyRole  = "arn:aws:iam::*:role/sops-dev-role"
	)
	allowed := []string{anyAlias, anyRole, keyARN, anyAlias + "|app:web", "arn:aws:kms:us-east-1:*:alias/sops-dev"}
	in := func(account, arn string) string { return strings.Replace(arn, "111122223333", account, 1) }
	const other, where = "444455556666", "another key or role in account 111122223333"
	for _, tt := range []struct {
		name string
		keys []sopsfile.MasterKey
		want string
	}{
		{"an account", []sopsfile.MasterKey{entry(aliasARN, roleARN)}, ""},
		{"another account", []sopsfile.MasterKey{entry(in(other, aliasARN), in(other, roleARN))}, ""},
		{"the role's account is another", []sopsfile.MasterKey{entry(aliasARN, in(other, roleARN))}, where},
		{"the second key's account is another", []sopsfile.MasterKey{entry(aliasARN, ""), entry(in(other, aliasARN), "")}, where},
		{"with a context", []sopsfile.MasterKey{entry(aliasARN, "", "app", "web")}, ""},
		{"another context", []sopsfile.MasterKey{entry(aliasARN, "", "app", "api")}, "as KEY|NAME:VALUE"},
		{"an account in a context", []sopsfile.MasterKey{entry(aliasARN, "", "app", "111122223333")}, "as KEY|NAME:VALUE"},
		{"a key with its account counts for itself", []sopsfile.MasterKey{entry(keyARN, ""), entry(in(other, aliasARN), "")}, ""},
		{"and stands for no other", []sopsfile.MasterKey{entry(in(other, keyARN), "")}, "not among the allowed keys"},
		{"another region", []sopsfile.MasterKey{entry(strings.Replace(aliasARN, "eu-west-1", "eu-west-2", 1), "")}, "not among the allowed keys"},
		{"another name", []sopsfile.MasterKey{entry(aliasARN+"2", "")}, "not among the allowed keys"},
		{"the wildcard in the file", []sopsfile.MasterKey{entry(anyAlias, "")}, "not among the allowed keys"},
		{"the wildcard in the file's role", []sopsfile.MasterKey{entry(aliasARN, anyRole)}, "not among the allowed keys"},
		{"an account of letters", []sopsfile.MasterKey{entry(in("11112222333x", aliasARN), "")}, "not among the allowed keys"},
		{"no account", []sopsfile.MasterKey{entry(in("", aliasARN), "")}, "not among the allowed keys"},
		{"no ARN", []sopsfile.MasterKey{{Type: sopsfile.PGP, ID: "a:b:c:d:111122223333:f"}}, "not among the allowed keys"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, groups := range [][]sopsfile.KeyGroup{{tt.keys}, {{tt.keys[0]}, tt.keys[1:]}} {
				err := keypolicy.CheckAllowed(&sopsfile.Metadata{Groups: groups}, allowed)
				if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
			}
		})
	}
}

func TestCheckAllowedEntry(t *testing.T) {
	for entry, ok := range map[string]bool{
		keyARN: true, roleARN: true, "age1recipient": true, "arn:aws:kms:eu-west-1:*:alias/sops-dev": true, "arn:aws:iam::*:role/sops-dev-role": true,
		keyARN + "|app:*": true, "arn:aws:kms:eu-west-1:*:alias/sops-dev|app:what?": true,
		"arn:aws:kms:*": false, "arn:aws:kms:*:111122223333:alias/x": false, "arn:aws:kms:*:*:alias/x": false, "arn:*:kms:eu-west-1:*:alias/x": false,
		"arn:aws:kms:eu-west-1:*:alias/*": false, "arn:aws:kms:eu-west-1:1*:alias/x": false, "arn:aws:iam::111122223333:role/sops-?": false,
	} {
		if err := keypolicy.CheckAllowedEntry(entry); (err == nil) != ok {
			t.Errorf("%s: got %v", entry, err)
		}
	}
}
