package filepolicy_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/filepolicy"
)

func TestCheck(t *testing.T) {
	type types = []filepolicy.KeyType
	for _, tt := range []struct {
		policy filepolicy.Policy
		want   string // "" for a policy that is right
	}{
		{filepolicy.Policy{AllowedKeys: []string{keyEU}, RequiredRecipients: []string{anyEU}, MinRegions: 2, KeyTypes: types{filepolicy.KMS}, ForbidAWSProfile: true, MaxKeyAgeDays: 180, MatchCreationRules: true}, ""},
		{filepolicy.Policy{}, "it sets no rule"},
		{filepolicy.Policy{AllowedKeys: []string{}}, "AllowedKeys is empty"},
		{filepolicy.Policy{RequiredRecipients: []string{}}, "RequiredRecipients is empty"},
		{filepolicy.Policy{AllowedKeys: []string{keyEU, ""}}, "AllowedKeys: an entry is empty"},
		{filepolicy.Policy{AllowedKeys: []string{"arn:aws:kms:eu-west-1:111122223333:key/*"}}, "has a wildcard"},
		{filepolicy.Policy{RequiredRecipients: []string{"age1\x1b"}}, `RequiredRecipients: "age1\x1b" holds the character U+001B`},
		{filepolicy.Policy{KeyTypes: types{}}, "KeyTypes is empty"},
		{filepolicy.Policy{KeyTypes: types{"KMS"}}, `unknown KeyTypes entry "KMS"; known are "kms"`},
		{filepolicy.Policy{MinRegions: -1}, "MinRegions is -1"},
		{filepolicy.Policy{MinRegions: 100}, "at most 50"},
		{filepolicy.Policy{MinRegions: 1, KeyTypes: types{filepolicy.Age}}, "MinRegions asks for KMS keys, which KeyTypes forbids"},
		{filepolicy.Policy{MaxKeyAgeDays: -1}, "MaxKeyAgeDays is -1"},
		{filepolicy.Policy{MaxKeyAgeDays: 1, KeyTypes: types{filepolicy.PostQuantumAge}}, "MaxKeyAgeDays has no effect"},
	} {
		err := tt.policy.Check()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v: got %v, want %q", tt.policy, err, tt.want)
		}
	}
}

func TestReadAndWrite(t *testing.T) {
	folder := t.TempDir()
	if _, err := filepolicy.Read(folder); err == nil || !strings.Contains(err.Error(), "is no cloud assembly") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "manifest.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := filepolicy.Read(folder); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "sets no file policy") {
		t.Errorf("got %v", err)
	}
	if err := os.Mkdir(filepath.Join(folder, filepolicy.FileName), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := filepolicy.Read(folder); err == nil || !strings.HasSuffix(err.Error(), "is no file") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(filepath.Join(folder, filepolicy.FileName)); err != nil {
		t.Fatal(err)
	}
	policy := &filepolicy.Policy{
		AllowedKeys: []string{keyEU + "|a:<b>&"}, RequiredRecipients: []string{anyEU}, MinRegions: 2, KeyTypes: filepolicy.KeyTypes(),
		ForbidAWSProfile: true, MaxKeyAgeDays: 180, MatchCreationRules: true,
	}
	if err := policy.Write(folder); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder, filepath.Join(folder, filepolicy.FileName)} {
		if got, err := filepolicy.Read(path); err != nil || !reflect.DeepEqual(got, policy) {
			t.Errorf("%s: got %+v (%v)", path, got, err)
		}
	}
	var none *filepolicy.Policy
	for range 2 { // there is nothing to remove at the second time
		if err := none.Write(folder); err != nil {
			t.Error(err)
		}
		if _, err := filepolicy.Read(folder); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	}
	for content, want := range map[string]string{
		`{"minRegions": 2, "newRule": true}`: `unknown field "newRule"`,
		`{"minRegions": 2} {}`:               "text behind the policy",
		`{}`:                                 "it sets no rule",
		`{"minRegions": "2"}`:                "cannot unmarshal",
		strings.Repeat(" ", 1<<20) + `{}`:    "has over 1048576 bytes",
	} {
		path := filepath.Join(folder, "policy.json")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := filepolicy.Read(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", content, err)
		}
	}
}
