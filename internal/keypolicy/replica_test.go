package keypolicy_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	multiEU = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1111111111114111811111111111111"
	multiUS = "arn:aws:kms:us-east-1:111122223333:key/mrk-1111111111114111811111111111111"
)

func TestReplica(t *testing.T) {
	gov := strings.NewReplacer("arn:aws:", "arn:aws-us-gov:", "eu-west-1", "us-gov-west-1").Replace(multiEU)
	for _, tt := range []struct{ arn, region, want string }{
		{multiEU, "us-east-1", multiUS},
		{multiEU, "eu-west-1", ""},
		{multiEU, "", ""},
		{keyARN, "us-east-1", ""},
		{aliasARN, "us-east-1", ""},
		{strings.Replace(multiEU, "key/mrk-", "alias/mrk-", 1), "us-east-1", ""},
		{multiEU, "cn-north-1", ""},
		{multiEU, "us-gov-west-1", ""},
		{gov, "us-gov-east-1", strings.Replace(gov, "west", "east", 1)},
		{gov, "us-east-1", ""},
		{multiEU, "${Token[AWS.Region.4]}", strings.Replace(multiEU, "eu-west-1", "${Token[AWS.Region.4]}", 1)},
	} {
		arn, err := keypolicy.ParseKeyARN(tt.arn)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := arn.Replica(tt.region); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s in %s: got %q, %v", tt.arn, tt.region, got, ok)
		}
	}
}

// The replica's statement has the conditions of the key's, and an id that does not depend
// on the text of the region.
func TestStatementsForReplicas(t *testing.T) {
	m := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{
		entry(multiUS, ""), entry(multiUS, "", "app", "web"), entry(multiUS, roleARN), entry(keyARN, ""), entry(multiUS, ""),
	}}}
	ids := ""
	for _, region := range []string{"eu-west-1", "${Token[AWS.Region.4]}", "${Token[AWS.Region.9]}"} {
		statements, err := keypolicy.ForFile(m, region)
		if err != nil {
			t.Fatal(err)
		}
		got, sids := "", ""
		for _, s := range statements {
			line := s.String()
			sids += s.Sid + " "
			got += sid.ReplaceAllString(line, "") + "\n"
		}
		const decrypt, without, with = `"Effect":"Allow","Action":"kms:Decrypt","Resource":"`, `","Condition":{"Null":{"kms:EncryptionContextKeys":"true"}}}` + "\n",
			`","Condition":{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["app"]},"StringEquals":{"kms:EncryptionContext:app":"web"}}}` + "\n"
		replica := strings.Replace(multiUS, "us-east-1", region, 1)
		want := decrypt + multiUS + without + decrypt + multiUS + with + `"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + roleARN + `"}` + "\n" +
			decrypt + keyARN + without + decrypt + replica + without + decrypt + replica + with
		if got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", region, got, want)
		}
		if ids != "" && ids != sids {
			t.Errorf("the ids depend on the region: %s, %s", ids, sids)
		}
		ids = sids
	}
}

// A replica that the file names itself has one statement.
func TestStatementsForReplicasThatAreNamed(t *testing.T) {
	for _, group := range []sopsfile.KeyGroup{{entry(multiUS, ""), entry(multiEU, "")}, {entry(multiEU, ""), entry(multiUS, "")}} {
		statements, err := keypolicy.ForFile(&sopsfile.Metadata{Groups: []sopsfile.KeyGroup{group}}, "eu-west-1")
		if err != nil || len(statements) != 2 || statements[0].Resource != group[0].ID || statements[1].Resource != group[1].ID {
			t.Errorf("got %v, %v", statements, err)
		}
	}
}

// A session of a role may use the replica in the function's region, and in no other.
func TestSessionsForReplicas(t *testing.T) {
	m := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{entry(multiUS, roleARN), entry(keyARN, roleARN), entry(multiUS, "")}}}
	for region, keys := range map[string]string{
		"eu-west-1": multiUS + `","` + multiEU + `","` + keyARN,
		"us-east-1": multiUS + `","` + keyARN,
		"":          multiUS + `","` + keyARN,
	} {
		want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":["` + keys + `"]}]}`
		sessions := keypolicy.ForSessions(m, region)
		if got, err := sessions.For(entry(multiUS, roleARN)); err != nil || got != want {
			t.Errorf("%s: got %s (%v), want %s", region, got, err, want)
		}
		if got, err := sessions.For(entry(multiEU, roleARN)); region == "eu-west-1" && (err != nil || got != want) || region != "eu-west-1" && err == nil {
			t.Errorf("%s: the replica has %s (%v)", region, got, err)
		}
	}
}

// A multi-Region key that is allowed allows its replicas, and nothing else.
func TestAllowedReplicas(t *testing.T) {
	const anyAccount = "arn:aws:kms:us-east-1:*:key/mrk-22222222222242228222222222222222"
	allowed := []string{multiUS, multiUS + "|app:web", keyARN, anyAccount, "age1"}
	other := strings.Replace(anyAccount, ":*:", ":444455556666:", 1)
	for _, tt := range []struct {
		key sopsfile.MasterKey
		ok  bool
	}{
		{entry(multiUS, ""), true},
		{entry(multiEU, ""), true},
		{entry(multiEU, "", "app", "web"), true},
		{entry(multiEU, "", "app", "api"), false},
		{entry(strings.Replace(multiEU, "111122223333", "444455556666", 1), ""), false},
		{entry(multiEU+"2", ""), false},
		{entry(strings.Replace(multiEU, "arn:aws:", "arn:aws-cn:", 1), ""), false},
		{entry(strings.Replace(multiEU, "eu-west-1", "*", 1), ""), false},
		{entry(strings.Replace(multiEU, "eu-west-1", "evil.example/eu-1", 1), ""), false},
		{entry(strings.Replace(keyARN, "eu-west-1", "us-east-1", 1), ""), false},
		{entry(strings.Replace(multiEU, "key/", "alias/", 1), ""), false},
		{entry(other, ""), true},
		{entry(strings.Replace(other, "us-east-1", "eu-west-1", 1), ""), true},
	} {
		err := keypolicy.CheckAllowed(&sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{tt.key}}}, allowed)
		if (err == nil) != tt.ok {
			t.Errorf("%s: got %v", tt.key.ID, err)
		}
	}
}
