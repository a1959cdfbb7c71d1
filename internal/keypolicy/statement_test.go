package keypolicy_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	keyARN   = "arn:aws:kms:eu-west-1:111122223333:key/11111111-1111-4111-8111-111111111111"
	aliasARN = "arn:aws:kms:eu-west-1:111122223333:alias/sops-dev"
	roleARN  = "arn:aws:iam::111122223333:role/sops-dev-role"
)

// entry is a KMS entry of a file. keyValues are the names and values of its context.
func entry(arn, role string, keyValues ...string) sopsfile.MasterKey {
	k := sopsfile.MasterKey{Type: sopsfile.KMS, ID: arn, Role: role}
	for i := 0; i < len(keyValues); i += 2 {
		if k.Context == nil {
			k.Context = map[string]string{}
		}
		k.Context[keyValues[i]] = keyValues[i+1]
	}
	return k
}

var sid = regexp.MustCompile(`^\{"Sid":"[A-Za-z0-9]+",`)

func TestForKey(t *testing.T) {
	const decrypt = `"Effect":"Allow","Action":"kms:Decrypt","Resource":`
	const allOf = `"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":`
	for _, tt := range []struct {
		name string
		key  sopsfile.MasterKey
		want string // without the id
	}{
		{"key", entry(keyARN, ""), decrypt + `"` + keyARN + `","Condition":{"Null":{"kms:EncryptionContextKeys":"true"}}}`},
		{"key with context", entry(keyARN, "", "stage", "dev", "app", "web"), decrypt + `"` + keyARN + `","Condition":{` + allOf + `["app","stage"]},` +
			`"StringEquals":{"kms:EncryptionContext:app":"web","kms:EncryptionContext:stage":"dev"}}}`},
		{"variables in a context", entry(keyARN, "", "a${x}", "${aws:username}"), decrypt + `"` + keyARN + `","Condition":{` + allOf + `["a${$}{x}"]},` +
			`"StringEquals":{"kms:EncryptionContext:a${x}":"${$}{aws:username}"}}}`},
		{"alias", entry(aliasARN, ""), decrypt + `"arn:aws:kms:eu-west-1:111122223333:key/*","Condition":{"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/sops-dev"},` +
			`"Null":{"kms:EncryptionContextKeys":"true"},"StringEquals":{"kms:RequestAlias":"alias/sops-dev"}}}`},
		{"alias with context", entry(aliasARN, "", "app", "web"), decrypt + `"arn:aws:kms:eu-west-1:111122223333:key/*","Condition":{` + allOf + `["app"]},` +
			`"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/sops-dev"},"StringEquals":{"kms:EncryptionContext:app":"web","kms:RequestAlias":"alias/sops-dev"}}}`},
		{"role", entry(keyARN, roleARN, "app", "web"), `"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + roleARN + `"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := keypolicy.ForKey(tt.key)
			if err != nil {
				t.Fatal(err)
			}
			got := s.String()
			if !sid.MatchString(got) {
				t.Fatalf("got %s, want an id of letters and digits", got)
			}
			if got := sid.ReplaceAllString(got, ""); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestForKeyRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		key  sopsfile.MasterKey
		want string
	}{
		{"wildcard", entry("arn:aws:kms:eu-west-1:111122223333:key/*", ""), "is not the ARN of a KMS key or alias"},
		{"wildcard beside a role", entry("arn:aws:kms:eu-west-1:111122223333:alias/*", roleARN), "is not the ARN of a KMS key or alias"},
		{"wildcard in a role", entry(keyARN, "arn:aws:iam::111122223333:role/*"), "is not the ARN of a role"},
		{"empty name", entry(keyARN, "", "", "value-of-nothing"), "or an empty one"},
		{"names that differ in case", entry(keyARN, "", "App", "value-of-1", "app", "value-of-2"), "cannot tell apart"},
		{"names that differ in case, apart", entry(keyARN, "", "APP", "value-of-1", "Other", "value-of-2", "app", "value-of-3"), "cannot tell apart"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := keypolicy.ForKey(tt.key)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v (%v), want an error with %q", s, err, tt.want)
			}
			if strings.Contains(err.Error(), "value-of") {
				t.Errorf("the error holds a value of the context: %v", err)
			}
			if _, err := keypolicy.ForFile(&sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{tt.key}}}, ""); err == nil {
				t.Error("ForFile: no error")
			}
		})
	}
}

func TestForKeyInEveryPartition(t *testing.T) {
	for _, partition := range []string{"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b"} {
		arn := strings.Replace(aliasARN, "arn:aws:", "arn:"+partition+":", 1)
		s, err := keypolicy.ForKey(entry(arn, ""))
		if want := "arn:" + partition + ":kms:eu-west-1:111122223333:key/*"; err != nil || s.Resource != want {
			t.Errorf("got %s (%v), want %s", s.Resource, err, want)
		}
	}
}

// Every different KMS entry has its own statement and id; equal ones share one.
func TestForFile(t *testing.T) {
	m := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{
		{entry(keyARN, ""), age, entry(keyARN, roleARN)},
		{entry(keyARN, "", "app", "web"), entry(keyARN, "", "app", "api"), entry(keyARN, ""), entry(aliasARN, roleARN)},
	}}
	statements, err := keypolicy.ForFile(m, "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	var resources []string
	ids := map[string]bool{}
	for _, s := range statements {
		resources = append(resources, s.Action+" "+s.Resource)
		ids[s.Sid] = true
	}
	want := strings.Join([]string{"kms:Decrypt " + keyARN, "sts:AssumeRole " + roleARN, "kms:Decrypt " + keyARN, "kms:Decrypt " + keyARN}, "\n")
	if got := strings.Join(resources, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(ids) != len(statements) {
		t.Errorf("%d statements have %d ids", len(statements), len(ids))
	}
}

func TestMissing(t *testing.T) {
	for _, tt := range []struct {
		name, action string
		key          sopsfile.MasterKey
		want         string
	}{
		{"key", "kms:Decrypt", entry(keyARN, ""), `{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + keyARN + `","Condition":{"Null":{"kms:EncryptionContextKeys":"true"}}}`},
		{"context", "kms:Decrypt", entry(keyARN, "", "app", "value-of-app", "${x}", "value-of-x"), `{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + keyARN +
			`","Condition":{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["${$}{x}","app"]}}}`},
		{"alias and context", "kms:Decrypt", entry(aliasARN, "", "app", "value-of-app"), `{"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:eu-west-1:111122223333:key/*",` +
			`"Condition":{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["app"]},"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/sops-dev"},"StringEquals":{"kms:RequestAlias":"alias/sops-dev"}}}`},
		{"role", "sts:AssumeRole", entry(keyARN, roleARN, "app", "value-of-app"), `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + roleARN + `"}`},
		{"key in a role", "kms:Decrypt", entry(keyARN, roleARN, "app", "value-of-app"), `{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + keyARN +
			`","Condition":{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["app"]}}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := keypolicy.Missing(tt.key, tt.action).String()
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if strings.Contains(got, "value-of") {
				t.Errorf("it holds a value of the context: %s", got)
			}
		})
	}
}

// Whatever differs in what two entries allow, their ids differ. The CDK would merge
// statements of one id, and widen them.
func TestStatementIDs(t *testing.T) {
	seen := map[string]string{}
	for _, k := range []sopsfile.MasterKey{
		entry(keyARN, ""),
		entry(aliasARN, ""),
		entry(strings.Replace(keyARN, "eu-west-1", "eu-west-2", 1), ""),
		entry(keyARN, "", "app", "web"),
		entry(keyARN, "", "app", "api"),
		entry(keyARN, "", "App", "web"),
		entry(keyARN, "", "web", "app"),
		entry(keyARN, "", "app", "web", "stage", "dev"),
		entry(keyARN, "", "app", "webstage", "s", "dev"),
		entry(keyARN, "", "app", ""),
		entry(keyARN, roleARN),
		entry(keyARN, roleARN+"2"),
	} {
		s, err := keypolicy.ForKey(k)
		if err != nil {
			t.Fatal(err)
		}
		if other, there := seen[s.Sid]; there {
			t.Errorf("one id %s for\n%s\n%s", s.Sid, s, other)
		}
		seen[s.Sid] = s.String()
	}
	if a, b := keypolicy.StatementID("Sops", "ab", "c"), keypolicy.StatementID("Sops", "a", "bc"); a == b {
		t.Errorf("the boundaries of the parts do not count: %s", a)
	}
	if a, b := keypolicy.StatementID("Sops", "a"), keypolicy.StatementID("Sops", "a"); a != b || !strings.HasPrefix(a, "Sops") {
		t.Errorf("got %s and %s for the same parts", a, b)
	}
}
