package keypolicy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func TestForSessions(t *testing.T) {
	const (
		secondKey   = "arn:aws:kms:eu-west-1:111122223333:key/22222222-2222-4222-8222-222222222222"
		secondAlias = "arn:aws:kms:eu-west-1:111122223333:alias/sops-more"
		usAlias     = "arn:aws:kms:us-east-1:111122223333:alias/sops-dev"
		otherRole   = roleARN + "-2"
		allow       = `{"Effect":"Allow","Action":"kms:Decrypt","Resource":["`
	)
	byAlias := func(region string, aliases string) string {
		return allow + `arn:aws:kms:` + region + `:111122223333:key/*"],"Condition":{"ForAnyValue:StringEquals":{"kms:ResourceAliases":[` + aliases + `]},"StringEquals":{"kms:RequestAlias":[` + aliases + `]}}}`
	}
	m := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{
		{entry(keyARN, roleARN, "app", "web"), entry(aliasARN, roleARN), entry(usAlias, roleARN), entry(secondKey, "")},
		{entry(secondAlias, roleARN), entry(secondKey, roleARN), entry(keyARN, roleARN), entry(keyARN, otherRole), age, entry("no ARN", roleARN)},
	}}
	for role, statements := range map[string]string{
		roleARN:   allow + keyARN + `","` + secondKey + `"]},` + byAlias("eu-west-1", `"alias/sops-dev","alias/sops-more"`) + `,` + byAlias("us-east-1", `"alias/sops-dev"`),
		otherRole: allow + keyARN + `"]}`,
	} {
		want := `{"Version":"2012-10-17","Statement":[` + statements + `]}`
		sessions := keypolicy.ForSessions(m, "us-east-1")
		for _, group := range m.Groups {
			for _, k := range group {
				got, err := sessions.For(k)
				switch {
				case k.Role != role:
				case k.ID == "no ARN":
					if err == nil {
						t.Errorf("what is no ARN has the policy %s", got)
					}
				case err != nil || got != want:
					t.Errorf("%s in %s:\ngot  %s (%v)\nwant %s", k.ID, role, got, err, want)
				}
			}
		}
	}
	if got, err := keypolicy.ForSessions(m, "us-east-1").For(entry(secondKey, otherRole)); err == nil {
		t.Errorf("a key that the file does not name with this role has the policy %s", got)
	}
}

// A session may use what the file names with the role, and nothing else, however many
// keys that are.
func TestSessionsAllowTheFilesKeysAlone(t *testing.T) {
	var keys []sopsfile.MasterKey
	for i := range 200 {
		switch region := []string{"eu-west-1", "us-east-1"}[i%2]; {
		case i%3 == 0:
			keys = append(keys, entry(fmt.Sprintf("arn:aws:kms:%s:111122223333:alias/sops-%d", region, i), roleARN))
		default:
			keys = append(keys, entry(fmt.Sprintf("arn:aws:kms:%s:111122223333:key/%08d-2222-4222-8222-222222222222", region, i), roleARN))
		}
	}
	request := func(k sopsfile.MasterKey) iameval.Request {
		r := iameval.Request{Action: "kms:Decrypt", Resource: k.ID, Context: iameval.Context{"kms:EncryptionContext:app": {"web"}, "kms:EncryptionContextKeys": {"app"}}}
		if arn, err := keypolicy.ParseKeyARN(k.ID); err == nil && arn.IsAlias() {
			r.Resource = strings.Replace(arn.AnyKey(), "*", "the-key-behind-it", 1)
			r.Context["kms:RequestAlias"] = []string{arn.Resource}
			r.Context["kms:ResourceAliases"] = []string{"alias/another", arn.Resource}
		}
		return r
	}
	sessions := keypolicy.ForSessions(&sopsfile.Metadata{Groups: []sopsfile.KeyGroup{keys[:120], keys[120:]}}, "eu-west-1")
	policies := map[string]*iameval.Document{}
	for _, k := range keys {
		policy, err := sessions.For(k)
		if err != nil {
			t.Fatal(err)
		}
		if len(policy) > 2048 {
			t.Errorf("a policy has %d characters", len(policy))
		}
		if policies[policy] == nil {
			var decoded any
			if err := json.Unmarshal([]byte(policy), &decoded); err != nil {
				t.Fatal(err)
			}
			if policies[policy], err = iameval.ParseIdentity(decoded); err != nil {
				t.Fatal(err)
			}
		}
		if ok, err := iameval.Allowed([]*iameval.Document{policies[policy]}, request(k)); err != nil || !ok {
			t.Errorf("the session for %s may not use it (%v)", k.ID, err)
		}
		encrypt := request(k)
		encrypt.Action = "kms:Encrypt"
		if ok, _ := iameval.Allowed([]*iameval.Document{policies[policy]}, encrypt); ok {
			t.Errorf("the session for %s may encrypt", k.ID)
		}
	}
	if len(policies) < 2 || len(policies) > 12 {
		t.Errorf("200 keys make %d policies", len(policies))
	}
	for _, other := range []sopsfile.MasterKey{
		entry("arn:aws:kms:eu-west-1:111122223333:key/99999999-2222-4222-8222-222222222222", roleARN),
		entry("arn:aws:kms:us-east-1:111122223333:alias/sops-other", roleARN),
		entry("arn:aws:kms:us-east-1:111122223333:alias/sops-6", roleARN), // eu-west-1 has it
		entry("arn:aws:kms:eu-west-1:444455556666:alias/sops-6", roleARN),
	} {
		for policy, document := range policies {
			if ok, err := iameval.Allowed([]*iameval.Document{document}, request(other)); err != nil || ok {
				t.Errorf("%s may be used by %s (%v)", other.ID, policy, err)
			}
		}
	}
	// A key by its id, without the alias that the file names.
	for policy, document := range policies {
		r := request(keys[0])
		delete(r.Context, "kms:RequestAlias")
		if ok, err := iameval.Allowed([]*iameval.Document{document}, r); err != nil || ok {
			t.Errorf("the key behind an alias may be used by its id with %s (%v)", policy, err)
		}
	}
}

// An ARN that fills a policy alone has one of its own, and one that does not fit fails
// alone.
func TestLongARNs(t *testing.T) {
	of := func(length int) sopsfile.MasterKey {
		return entry("arn:aws:kms:eu-west-1:111122223333:key/"+strings.Repeat("1", length), roleARN)
	}
	fits, long := of(1900), of(2000)
	sessions := keypolicy.ForSessions(&sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{entry(keyARN, roleARN), long, fits, entry(aliasARN, roleARN)}}}, "")
	for _, k := range []sopsfile.MasterKey{entry(keyARN, roleARN), fits, entry(aliasARN, roleARN)} {
		if policy, err := sessions.For(k); err != nil || len(policy) > 2048 {
			t.Errorf("%.60s: %d characters (%v)", k.ID, len(policy), err)
		}
	}
	if _, err := sessions.For(long); err == nil || err.Error() != "its ARN is too long for a session policy of its role" {
		t.Errorf("got %v", err)
	}
}
