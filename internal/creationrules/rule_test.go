package creationrules_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/creationrules"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	eu   = "arn:aws:kms:eu-west-1:111122223333:alias/app"
	us   = "arn:aws:kms:us-east-1:111122223333:alias/app"
	role = "arn:aws:iam::111122223333:role/dev"
)

// find writes rules into a new folder and returns what Find says of a file there.
func find(t *testing.T, rules, path string) (*creationrules.Rule, error) {
	t.Helper()
	t.Setenv("SOPS_CONFIG", "")
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, ".sops.yaml"), []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	return new(creationrules.Finder).Find(filepath.Join(folder, path))
}

// texts returns the keys of a rule: "TYPE ID", a role, a context; groups apart by "|".
func texts(r *creationrules.Rule) string {
	var groups []string
	for _, group := range r.Groups {
		var keys []string
		for _, k := range group {
			text := string(k.Type) + " " + k.ID
			if k.Role != "" {
				text += "+" + k.Role
			}
			for name, value := range k.Context {
				text += " " + name + "=" + value
			}
			if k.AWSProfile != "" {
				text += " profile=" + k.AWSProfile
			}
			keys = append(keys, text)
		}
		groups = append(groups, strings.Join(keys, ", "))
	}
	return strings.Join(groups, " | ")
}

// Difftest compares the same with sops itself.
func TestKeys(t *testing.T) {
	for _, tt := range []struct{ name, rule, want string }{
		{"list", "kms: [" + eu + "+" + role + ", " + us + "]", "kms " + eu + "+" + role + ", kms " + us},
		{"text with commas", "kms: '" + eu + " , " + us + ",'\n    aws_profile: dev", "kms " + eu + " profile=dev, kms " + us + " profile=dev"},
		{"age", "age: >-\n      age1aaa,\n      age1bbb", "age age1aaa, age age1bbb"},
		{"others", "pgp: 'AA BB'\n    gcp_kms: projects/p\n    hckms: ['r:1']\n    azure_keyvault: https://v.vault.azure.net/keys/n/1\n    hc_vault_transit_uri: https://h:8200/v1/transit/keys/k",
			"gcp_kms projects/p, hckms r:1, azure_kv https://v.vault.azure.net/n/1, hc_vault https://h:8200/transit/k, pgp AABB"},
		{"groups", "key_groups:\n      - kms: [{arn: '" + eu + "', role: '" + role + "', context: {app: web}}]\n        merge: [{age: [age1aaa]}]\n      - age: [age1bbb, age1bbb]",
			"age age1aaa, kms " + eu + "+" + role + " app=web | age age1bbb"},
		{"none", "encrypted_regex: x", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := find(t, "creation_rules:\n  - path_regex: .*\n    "+tt.rule+"\n", "app.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(r); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestFind(t *testing.T) {
	const rules = "creation_rules:\n  - path_regex: ^prod/.*\\.yaml$\n    age: age1prod\n    encrypted_regex: ^x\n    mac_only_encrypted: true\n  - path_regex: \\.yaml$\n    age: age1dev\n"
	r, err := find(t, rules, "prod/db/app.yaml")
	if err != nil || texts(r) != "age age1prod" || r.Number != 1 || !r.MACOnlyEncrypted || r.Selects != (sopsfile.Rule{Type: sopsfile.EncryptedRegex, Pattern: "^x"}) {
		t.Errorf("got %+v (%v)", r, err)
	}
	if r, err = find(t, rules, "dev.yaml"); err != nil || texts(r) != "age age1dev" || r.Number != 2 || r.Selects != (sopsfile.Rule{}) {
		t.Errorf("got %+v (%v)", r, err)
	}
	if r, err = find(t, rules, "dev.json"); !errors.Is(err, creationrules.ErrNoRule) || !strings.Contains(err.Error(), ".sops.yaml") {
		t.Errorf("got %+v (%v)", r, err)
	}
	if r, err = find(t, "stores: {}\n", "dev.json"); err != nil || r != nil {
		t.Errorf("no rules: got %+v (%v)", r, err)
	}
	// The variable names another file, whose folder the paths begin at.
	other := filepath.Join(t.TempDir(), "other.yaml")
	if err := os.WriteFile(other, []byte("creation_rules:\n  - path_regex: ^x\\.json$\n    age: age1other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOPS_CONFIG", other)
	if r, err = new(creationrules.Finder).Find(filepath.Join(filepath.Dir(other), "x.json")); err != nil || texts(r) != "age age1other" {
		t.Errorf("got %+v (%v)", r, err)
	}
}

// A file with rules is read once, whatever it says, for the files of all folders below it.
func TestFinderReadsOnce(t *testing.T) {
	t.Setenv("SOPS_CONFIG", "")
	folder := t.TempDir()
	for name, rules := range map[string]string{"good": "creation_rules: [{age: age1aaa}]", "bad": "["} {
		config := filepath.Join(folder, name, ".sops.yaml")
		if err := errors.Join(os.MkdirAll(filepath.Dir(config), 0o700), os.WriteFile(config, []byte(rules), 0o600)); err != nil {
			t.Fatal(err)
		}
		var finder creationrules.Finder
		first, firstErr := finder.Find(filepath.Join(folder, name, "x.json"))
		if (name == "good") != (firstErr == nil) {
			t.Fatal(firstErr)
		}
		if err := os.WriteFile(config, []byte("creation_rules: [{age: age1bbb}]"), 0o600); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				again, err := finder.Find(filepath.Join(folder, name, "sub", "y.json"))
				if (first == nil) != (again == nil) || first != nil && texts(again) != texts(first) || err != firstErr {
					t.Errorf("%s: got %v (%v), want %v (%v)", name, again, err, first, firstErr)
				}
			})
		}
		all.Wait()
	}
}

func TestFindRefuses(t *testing.T) {
	for _, tt := range []struct{ name, rules, want string }{
		{"no YAML", "creation_rules: [", "is not the YAML of creation rules"},
		{"a number", "creation_rules: [{kms: [1]}]", "creation rule 1: kms: it is neither a text nor a list of texts"},
		{"regex", "creation_rules: [{path_regex: '(topsecret'}]", "path_regex of creation rule 1 is no regular expression"},
		{"two rules", "creation_rules: [{encrypted_regex: a, unencrypted_regex: b}]", "more than one rule"},
		{"azure", "creation_rules: [{azure_keyvault: https://x/y}]", "azure_keyvault: it has a key that is not https://VAULT/keys/NAME/VERSION"},
		{"vault", "creation_rules: [{hc_vault_transit_uri: x}]", "hc_vault_transit_uri: it has a key that is not"},
		{"large", strings.Repeat("#", 1<<20+1), "over 1048576 bytes"},
	} {
		if r, err := find(t, tt.rules, "x"); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: got %+v, %v; want an error with %q", tt.name, r, err, tt.want)
		}
	}
}
