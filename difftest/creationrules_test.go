package difftest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getsops/sops/v3/config"

	"github.com/ebb7bed6/sopscdk/internal/creationrules"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// What creationrules reads of .sops.yaml is what sops reads there: rule by rule, key by key.
func TestCreationRules(t *testing.T) {
	age := []any{identities[0].recipient, identities[1].recipient}
	const role = "arn:aws:iam::111122223333:role/dev"
	for _, tt := range []struct{ name, rules string }{
		{"kms", "- kms: [" + kmsEU + "+" + role + ", '" + kmsUS + " ']\n  aws_profile: dev"},
		{"kms in one text", "- kms: '" + kmsEU + "+" + role + ", " + kmsUS + ",'"},
		{"a list with commas", "- kms: ['" + kmsEU + "," + kmsUS + "']"},
		{"age", fmt.Sprintf("- age: [%s, %s]", age...)},
		{"age in one text", fmt.Sprintf("- age: >-\n    %s,\n    %s", age...)},
		{"all types", fmt.Sprintf("- age: %s\n  kms: %s\n  pgp: 'AABB CCDD,EEFF'\n  gcp_kms: projects/p/locations/l/keyRings/r/cryptoKeys/k\n  hckms: ['eu-west-101:1-2']\n"+
			"  azure_keyvault: https://v.vault.azure.net/keys/n/1\n  hc_vault_transit_uri: https://h:8200/v1/a/b/transit/keys/k", age[0], kmsEU)},
		{"groups", fmt.Sprintf("- key_groups:\n  - kms: [{arn: '%s', role: '%s', context: {b: '2', a: '1'}, aws_profile: p}]\n    merge: [{age: ['%s'], merge: [{pgp: [AABB]}]}]\n"+
			"  - age: ['%s', '%s']\n    hc_vault: ['https://h/v1/transit/keys/k']\n    azure_keyvault: [{vaultUrl: 'https://v.vault.azure.net', key: n, version: '1'}]\n    gcp_kms: [{resource_id: p}]\n    hckms: [{key_id: 'r:1'}]",
			kmsEU, role, age[0], age[1], age[1])},
		{"the first that matches", fmt.Sprintf("- path_regex: ^other\n  age: %s\n- path_regex: ^sub/\n  age: %s\n  encrypted_suffix: _x\n  mac_only_encrypted: true\n- age: %s", age[0], age[1], age[0])},
		{"no path", "- pgp: AABB\n  unencrypted_comment_regex: x"},
		{"none matches", "- path_regex: ^nothing$\n  pgp: AABB"},
		{"two selections", "- encrypted_regex: a\n  encrypted_suffix: b"},
		{"number", "- kms: 5"},
		{"number in a list", "- kms: [5]"},
		{"no expression", "- path_regex: '('\n  pgp: AABB"},
		{"no rules", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			rules := filepath.Join(folder, ".sops.yaml")
			content := "creation_rules:\n" + tt.rules + "\n"
			if tt.rules == "" {
				content = "stores: {}\n"
			}
			if err := os.WriteFile(rules, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(folder, "sub", "app.yaml")
			want, wantErr := config.LoadCreationRuleForFile(rules, file, map[string]*string{})
			t.Setenv("SOPS_CONFIG", "")
			got, gotErr := new(creationrules.Finder).Find(file)
			if (wantErr != nil) != (gotErr != nil) || (want == nil) != (got == nil) {
				t.Fatalf("got %v (%v)\nsops  %v (%v)", got, gotErr, want, wantErr)
			}
			if want == nil {
				return
			}
			if g, w := ruleTexts(got), officialTexts(want); !slices.Equal(g, w) {
				t.Errorf("got  %q\nsops %q", g, w)
			}
		})
	}
}

func officialTexts(c *config.Config) []string {
	texts := []string{fmt.Sprintf("mac_only_encrypted %v", c.MACOnlyEncrypted)}
	for name, pattern := range map[sopsfile.RuleType]string{
		sopsfile.UnencryptedSuffix: c.UnencryptedSuffix, sopsfile.EncryptedSuffix: c.EncryptedSuffix, sopsfile.UnencryptedRegex: c.UnencryptedRegex,
		sopsfile.EncryptedRegex: c.EncryptedRegex, sopsfile.UnencryptedCommentRegex: c.UnencryptedCommentRegex, sopsfile.EncryptedCommentRegex: c.EncryptedCommentRegex,
	} {
		if pattern != "" {
			texts = append(texts, fmt.Sprintf("%s %s", name, pattern))
		}
	}
	for i, group := range c.KeyGroups {
		texts = append(texts, groupTexts(i, len(group), func(j int) string { return group[j].TypeToIdentifier() + " " + group[j].ToString() })...)
	}
	return texts
}

func ruleTexts(r *creationrules.Rule) []string {
	texts := []string{fmt.Sprintf("mac_only_encrypted %v", r.MACOnlyEncrypted)}
	if r.Selects.Type != "" {
		texts = append(texts, fmt.Sprintf("%s %s", r.Selects.Type, r.Selects.Pattern))
	}
	for i, group := range r.Groups {
		texts = append(texts, groupTexts(i, len(group), func(j int) string { return keyText(group[j]) })...)
	}
	return texts
}

// keyText writes a key as sops does.
func keyText(k sopsfile.MasterKey) string {
	text := k.ID
	if k.Role != "" {
		text += "+" + k.Role
	}
	context := strings.TrimPrefix(strings.TrimPrefix(keypolicy.WithContext(k), k.ID), "|")
	if context != "" || k.AWSProfile != "" {
		text += "|" + context
	}
	if k.AWSProfile != "" {
		text += "|" + k.AWSProfile
	}
	if k.Type == sopsfile.AzureKV { // sops writes a URL, and the metadata the parts of it
		at := strings.LastIndex(k.ID[:strings.LastIndex(k.ID, "/")], "/")
		text = k.ID[:at] + "/keys" + k.ID[at:]
	}
	if k.Type == sopsfile.HCVault {
		at := strings.LastIndex(k.ID, "/")
		host, engine, _ := strings.Cut(strings.TrimPrefix(k.ID[:at], "https://"), "/")
		text = "https://" + host + "/v1/" + engine + "/keys" + k.ID[at:]
	}
	return string(k.Type) + " " + text
}

// groupTexts are the keys of a group, in whatever order.
func groupTexts(number, n int, key func(int) string) []string {
	var texts []string
	for j := range n {
		texts = append(texts, fmt.Sprintf("%d: %s", number, key(j)))
	}
	slices.Sort(texts)
	return texts
}
