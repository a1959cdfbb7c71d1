package filepolicy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/filepolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	keyEU = "arn:aws:kms:eu-west-1:111122223333:alias/eu"
	keyUS = "arn:aws:kms:us-east-1:111122223333:alias/us"
	anyEU = "arn:aws:kms:eu-west-1:*:alias/eu"
	role  = "arn:aws:iam::111122223333:role/sops"
)

var now = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func kms(arn string) sopsfile.MasterKey {
	return sopsfile.MasterKey{Type: sopsfile.KMS, ID: arn, Created: now.AddDate(0, 0, -10)}
}

func age(recipient string) sopsfile.MasterKey {
	return sopsfile.MasterKey{Type: sopsfile.Age, ID: recipient}
}

func with(k sopsfile.MasterKey, change func(*sopsfile.MasterKey)) sopsfile.MasterKey {
	change(&k)
	return k
}

func TestEvaluate(t *testing.T) {
	type group = sopsfile.KeyGroup
	pgp := sopsfile.MasterKey{Type: sopsfile.PGP, ID: "AABB", Created: now}
	old := with(kms(keyEU), func(k *sopsfile.MasterKey) { k.Created = now.AddDate(0, 0, -181) })
	withRole := with(kms(keyEU), func(k *sopsfile.MasterKey) { k.Role = role })
	withContext := with(kms(keyEU), func(k *sopsfile.MasterKey) { k.Context = map[string]string{"app": "web"} })
	withProfile := with(kms(keyEU), func(k *sopsfile.MasterKey) { k.AWSProfile = "dev\x1b[2J" })
	both := group{kms(keyEU), kms(keyUS)}
	var tooMany group
	for _, name := range strings.Split("a b c d e f g", " ") {
		tooMany = append(tooMany, age(name))
	}
	for _, tt := range []struct {
		name   string
		policy filepolicy.Policy
		groups []group
		want   string // RULE: DESCRIPTION of each violation
	}{
		{"nothing asked for", filepolicy.Policy{}, []group{tooMany}, ""},
		{"allowed", filepolicy.Policy{AllowedKeys: []string{keyEU, keyUS}}, []group{both}, ""},
		{"allowed in any account", filepolicy.Policy{AllowedKeys: []string{anyEU}}, []group{{kms(keyEU)}}, ""},
		{"not allowed", filepolicy.Policy{AllowedKeys: []string{keyEU}}, []group{both}, `file-allowed-keys: x.json: the file names the kms key "` + keyUS + `", which is not among the allowed keys`},

		{"required, by id", filepolicy.Policy{RequiredRecipients: []string{keyEU}}, []group{{withRole}}, ""},
		{"required, with its role", filepolicy.Policy{RequiredRecipients: []string{keyEU + "+" + role}}, []group{{withRole}}, ""},
		{"required, with its context", filepolicy.Policy{RequiredRecipients: []string{keyEU + "|app:web"}}, []group{{withContext}}, ""},
		{"required, in any account", filepolicy.Policy{RequiredRecipients: []string{anyEU}}, []group{{age("a")}, {kms(keyEU)}}, ""},
		{"required, with another role", filepolicy.Policy{RequiredRecipients: []string{keyEU + "+" + role + "2"}}, []group{{withRole}}, `file-required-recipients: x.json: the file lacks required recipients: "` + keyEU + "+" + role + `2"`},
		{"required, a prefix", filepolicy.Policy{RequiredRecipients: []string{"age1b", "age1"}}, []group{{age("age1b")}}, `file-required-recipients: x.json: the file lacks required recipients: "age1"`},

		{"two regions", filepolicy.Policy{MinRegions: 2}, []group{both}, ""},
		{"two keys of one region", filepolicy.Policy{MinRegions: 2}, []group{{kms(keyEU), kms(keyEU + "2"), age("a")}}, `file-regions: x.json: the file has KMS keys in 1 regions, and at least 2 are required (it has "eu-west-1")`},
		{"no KMS key", filepolicy.Policy{MinRegions: 1}, []group{{age("a")}}, `file-regions: x.json: the file has KMS keys in 0 regions, and at least 1 are required`},
		{"each group has two", filepolicy.Policy{MinRegions: 2}, []group{both, both}, ""},
		{"two of three groups have two", filepolicy.Policy{MinRegions: 2}, []group{both, {kms(keyEU)}, both}, ""},
		{"one of two groups has two", filepolicy.Policy{MinRegions: 2}, []group{both, {kms(keyEU)}}, `file-regions: x.json: 1 of the file's 2 key groups have KMS keys in at least 2 regions, and 2 groups are needed to open it (it has "eu-west-1", "us-east-1")`},

		{"KMS alone", filepolicy.Policy{KeyTypes: []filepolicy.KeyType{filepolicy.KMS}}, []group{both}, ""},
		{"KMS alone, and age", filepolicy.Policy{KeyTypes: []filepolicy.KeyType{filepolicy.KMS}}, []group{{kms(keyEU), age("age1a"), pgp}}, `file-key-types: x.json: the file has keys of other types than kms: "age age1a", "pgp AABB"`},
		{"KMS alone, and age in another group", filepolicy.Policy{KeyTypes: []filepolicy.KeyType{filepolicy.KMS}}, []group{both, {age("age1a")}}, `file-key-types: x.json: the file has keys of other types than kms: "age age1a"`},
		{"post-quantum age", filepolicy.Policy{KeyTypes: []filepolicy.KeyType{filepolicy.PostQuantumAge}}, []group{{age("age1pq1x"), age("age1tagpq1x")}}, ""},
		{"post-quantum age, and others", filepolicy.Policy{KeyTypes: []filepolicy.KeyType{filepolicy.PostQuantumAge}}, []group{{age("age1pq1x"), age("age1pqx"), age("age1pq1name1x"), age("ssh-ed25519 A"), kms(keyEU)}},
			`file-key-types: x.json: the file has keys of other types than age-post-quantum: "age age1pqx", "age age1pq1name1x", "age ssh-ed25519 A", "kms ` + keyEU + `"`},
		{"KMS and any age", filepolicy.Policy{KeyTypes: []filepolicy.KeyType{filepolicy.KMS, filepolicy.Age}}, []group{{age("age1pq1x"), age("age1x"), kms(keyEU)}}, ""},
		{"many", filepolicy.Policy{KeyTypes: []filepolicy.KeyType{filepolicy.KMS}}, []group{tooMany}, `file-key-types: x.json: the file has keys of other types than kms: "age a", "age b", "age c", "age d", "age e" and 2 more`},

		{"no profile", filepolicy.Policy{ForbidAWSProfile: true}, []group{both}, ""},
		{"a profile", filepolicy.Policy{ForbidAWSProfile: true}, []group{{withProfile, withProfile}}, `file-aws-profile: x.json: the file names AWS profiles (aws_profile): "dev\x1b[2J"`},

		{"young", filepolicy.Policy{MaxKeyAgeDays: 180}, []group{both}, ""},
		{"old", filepolicy.Policy{MaxKeyAgeDays: 180}, []group{{old, kms(keyUS)}}, `warning file-key-age: x.json: the data key is wrapped since over 180 days by "` + keyEU + ` (2026-01-01)"`},
		{"without a date", filepolicy.Policy{MaxKeyAgeDays: 180}, []group{{age("a")}}, ""},

		{"several at once", filepolicy.Policy{AllowedKeys: []string{keyUS}, MinRegions: 2, ForbidAWSProfile: true}, []group{{withProfile}}, `file-allowed-keys: x.json: the file names the kms key "` + keyEU + `", which is not among the allowed keys
file-regions: x.json: the file has KMS keys in 1 regions, and at least 2 are required (it has "eu-west-1")
file-aws-profile: x.json: the file names AWS profiles (aws_profile): "dev\x1b[2J"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepolicy.File{Path: "x.json", Metadata: &sopsfile.Metadata{Groups: tt.groups, ShamirThreshold: min(2, len(tt.groups))}}
			if got := texts(t, filepolicy.NewEvaluator(&tt.policy).Evaluate(file, now)); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// texts are the violations, one a line.
func texts(t *testing.T, violations []filepolicy.Violation) string {
	t.Helper()
	var lines []string
	for _, v := range violations {
		line := v.Rule + ": " + v.Description
		if v.Warning {
			line = "warning " + line
		}
		if v.Fix == "" || !slices.Contains(filepolicy.Rules(), v.Rule) {
			t.Errorf("no fix, or an unknown rule: %+v", v)
		}
		if v.Warning == (len(filepolicy.Broken([]filepolicy.Violation{v})) == 1) {
			t.Errorf("%q counts as broken: %v", v.Rule, !v.Warning)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestMatchCreationRules(t *testing.T) {
	const rule, file = "creation rule 1 of .sops.yaml", "file-creation-rules: x.json: its recipients "
	for _, tt := range []struct {
		name  string
		drift filepolicy.Drift
		err   error
		want  string
	}{
		{"equal", filepolicy.Drift{Rule: rule}, nil, ""},
		{"stale", filepolicy.Drift{Rule: rule, Stale: []string{"age1gone"}}, nil, file + "are not those of " + rule + `: it has "age1gone" besides`},
		{"missing", filepolicy.Drift{Rule: rule, Missing: []string{"age1a"}}, nil, file + "are not those of " + rule + `: it lacks "age1a"`},
		{"both", filepolicy.Drift{Rule: rule, Missing: []string{"a"}, Stale: []string{"b"}}, nil, file + "are not those of " + rule + `: it lacks "a"; it has "b" besides`},
		{"other groups", filepolicy.Drift{Rule: rule, Groups: true}, nil, file + "are not those of " + rule + ": its key groups are others"},
		{"no .sops.yaml", filepolicy.Drift{}, nil, file + "cannot be compared with its creation rule: there is no .sops.yaml with rules in its folder or above"},
		{"an error", filepolicy.Drift{}, errors.New("no rule"), file + "cannot be compared with its creation rule: no rule"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepolicy.File{Path: "x.json", Metadata: &sopsfile.Metadata{}, Drift: func() (filepolicy.Drift, error) { return tt.drift, tt.err }}
			if got := texts(t, filepolicy.NewEvaluator(&filepolicy.Policy{MatchCreationRules: true}).Evaluate(file, now)); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
