package sopsconstructs_test

import (
	"strings"
	"testing"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// decryptStatements returns the function's statements on KMS and STS for a file
// with these entries, as JSON without ids.
func decryptStatements(t *testing.T, entries ...sopstest.KMS) []string {
	t.Helper()
	file := standard(`{"a": "b"}`)
	file.KMS = entries
	write(t, "x.sops.json", file)
	stack := newStack(nil)
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	var found []string
	for _, statement := range only(t, stack, "AWS::IAM::Policy").Properties["PolicyDocument"].(map[string]any)["Statement"].([]any) {
		statement := statement.(map[string]any)
		delete(statement, "Sid")
		if action, ok := statement["Action"].(string); ok && (strings.HasPrefix(action, "kms:") || strings.HasPrefix(action, "sts:")) {
			found = append(found, text(statement))
		}
	}
	return found
}

func TestTheFunctionMayUseTheKeysOfTheFile(t *testing.T) {
	openable(t)
	const (
		china = "arn:aws-cn:kms:cn-north-1:111122223333:key/1111aaaa-0000-4000-8000-000000000003"
		gov   = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1111aaaa00004000800000000000004"
		alias = "arn:aws:kms:eu-west-1:111122223333:alias/my_team/key"
	)
	plain := func(arn string) string {
		return `{"Action":"kms:Decrypt","Condition":{"Null":{"kms:EncryptionContextKeys":"true"}},"Effect":"Allow","Resource":"` + arn + `"}`
	}
	for _, c := range []struct {
		name    string
		entries []sopstest.KMS
		want    []string
	}{
		{"a key", []sopstest.KMS{{ARN: keyEU}}, []string{plain(keyEU)}},
		{"two keys", []sopstest.KMS{{ARN: keyEU}, {ARN: keyUS}}, []string{plain(keyEU), plain(keyUS)}},
		{"the same key twice", []sopstest.KMS{{ARN: keyEU}, {ARN: keyEU}}, []string{plain(keyEU)}},
		{"partitions", []sopstest.KMS{{ARN: china}, {ARN: gov}}, []string{plain(china), plain(gov)}},
		{"a role instead of the key", []sopstest.KMS{{ARN: keyEU, Role: roleEU}, {ARN: keyUS, Role: roleEU}},
			[]string{`{"Action":"sts:AssumeRole","Effect":"Allow","Resource":"` + roleEU + `"}`}},
		{"an encryption context", []sopstest.KMS{{ARN: keyEU, Context: map[string]string{"Team": "a", "App": "${x}*"}}},
			[]string{`{"Action":"kms:Decrypt","Condition":{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["App","Team"]},` +
				`"StringEquals":{"kms:EncryptionContext:App":"${$}{x}*","kms:EncryptionContext:Team":"a"}},"Effect":"Allow","Resource":"` + keyEU + `"}`}},
		{"an alias", []sopstest.KMS{{ARN: alias}},
			[]string{`{"Action":"kms:Decrypt","Condition":{"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/my_team/key"},` +
				`"Null":{"kms:EncryptionContextKeys":"true"},"StringEquals":{"kms:RequestAlias":"alias/my_team/key"}},` +
				`"Effect":"Allow","Resource":"arn:aws:kms:eu-west-1:111122223333:key/*"}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := decryptStatements(t, c.entries...)
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// An ARN that stands in the file's clear text, or in a comment, earns nothing.
func TestAKeyElsewhereInTheFileEarnsNothing(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"arn_unencrypted": "`+keyUS+`", "sops_kms": {"arn": "`+keyUS+`"}}`))
	stack := newStack(nil)
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	if policy := text(only(t, stack, "AWS::IAM::Policy").Properties); strings.Contains(policy, keyUS) {
		t.Error("the function may use a key that is not a master key of the file")
	}
}

func TestTheFunctionsOtherRights(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	secret := only(t, stack, "AWS::SecretsManager::Secret").ID
	logs := only(t, stack, "AWS::Logs::LogGroup").ID

	var got []string
	for _, statement := range only(t, stack, "AWS::IAM::Policy").Properties["PolicyDocument"].(map[string]any)["Statement"].([]any) {
		statement := statement.(map[string]any)
		got = append(got, text(statement["Action"])+" on "+text(statement["Resource"]))
	}
	want := []string{
		`["logs:CreateLogStream","logs:PutLogEvents"] on {"Fn::GetAtt":["` + logs + `","Arn"]}`,
		`"kms:Decrypt" on "` + keyEU + `"`,
		`["secretsmanager:DescribeSecret","secretsmanager:GetSecretValue","secretsmanager:PutSecretValue","secretsmanager:UpdateSecretVersionStage"] on {"Ref":"` + secret + `"}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if role := only(t, stack, "AWS::IAM::Role"); role.Properties["ManagedPolicyArns"] != nil || role.Properties["Policies"] != nil {
		t.Errorf("the function's role has further policies: %s", text(role.Properties))
	}
}
