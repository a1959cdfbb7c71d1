package creationrules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/creationrules"
)

func TestOverridden(t *testing.T) {
	const dev = "creation_rules:\n  - path_regex: ^dev\n    age: age1dev\n  - kms: [" + eu + "+" + role + ", " + us + "]\n    aws_profile: dev\n"
	const others = " set to other keys than those of creation rule"
	for _, tt := range []struct {
		name, rules, path string
		set               map[string]string
		want              string // a part of the text
	}{
		{"nothing is set", dev, "app.yaml", nil, ""},
		{"empty", dev, "app.yaml", map[string]string{"SOPS_KMS_ARN": ""}, ""},
		{"what the rule says", dev, "app.yaml", map[string]string{"SOPS_KMS_ARN": us + " , " + eu + "+" + role}, ""},
		{"another key", dev, "app.yaml", map[string]string{"SOPS_KMS_ARN": eu + "2," + us}, "SOPS_KMS_ARN is" + others + " 2"},
		{"a key less", dev, "app.yaml", map[string]string{"SOPS_KMS_ARN": us}, "SOPS_KMS_ARN is" + others + " 2"},
		{"without the role", dev, "app.yaml", map[string]string{"SOPS_KMS_ARN": us + "," + eu}, "SOPS_KMS_ARN is" + others + " 2"},
		{"a key more", dev, "app.yaml", map[string]string{"SOPS_KMS_ARN": us + "," + eu + "+" + role, "SOPS_PGP_FP": "AABB"}, "SOPS_KMS_ARN and SOPS_PGP_FP are" + others},
		{"another type", dev, "app.yaml", map[string]string{"SOPS_AGE_RECIPIENTS": "age1dev"}, "SOPS_AGE_RECIPIENTS is" + others + " 2"},
		{"the type of the rule", dev, "dev.yaml", map[string]string{"SOPS_AGE_RECIPIENTS": "age1dev"}, ""},
		{"Google", dev, "dev.yaml", map[string]string{"SOPS_GCP_KMS_IDS": "projects/p"}, "SOPS_GCP_KMS_IDS is"},
		{"Huawei", dev, "dev.yaml", map[string]string{"SOPS_HUAWEICLOUD_KMS_IDS": "r:1"}, "SOPS_HUAWEICLOUD_KMS_IDS is"},
		{"Azure", dev, "dev.yaml", map[string]string{"SOPS_AZURE_KEYVAULT_URLS": "https://v.vault.azure.net/keys/n/1"}, "SOPS_AZURE_KEYVAULT_URLS is"},
		{"Vault", dev, "dev.yaml", map[string]string{"SOPS_VAULT_URIS": "no URI"}, "SOPS_VAULT_URIS is"},
		{"groups", "creation_rules:\n  - key_groups:\n      - age: [age1dev]\n      - pgp: [AABB]\n", "dev.yaml", map[string]string{"SOPS_AGE_RECIPIENTS": "age1dev", "SOPS_PGP_FP": "AABB"}, "are" + others + " 1"},
		{"a context", "creation_rules:\n  - key_groups:\n      - kms: [{arn: '" + eu + "', context: {a: b}}]\n", "dev.yaml", map[string]string{"SOPS_KMS_ARN": eu}, "is" + others + " 1"},
		{"no rules", "stores: {}\n", "dev.yaml", map[string]string{"SOPS_KMS_ARN": eu}, ""},
		{"no rule", "creation_rules:\n  - path_regex: ^x$\n    age: age1dev\n", "dev.yaml", map[string]string{"SOPS_KMS_ARN": eu}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"SOPS_KMS_ARN", "SOPS_GCP_KMS_IDS", "SOPS_HUAWEICLOUD_KMS_IDS", "SOPS_AZURE_KEYVAULT_URLS", "SOPS_VAULT_URIS", "SOPS_PGP_FP", "SOPS_AGE_RECIPIENTS", "SOPS_CONFIG"} {
				t.Setenv(name, tt.set[name])
			}
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, ".sops.yaml"), []byte(tt.rules), 0o600); err != nil {
				t.Fatal(err)
			}
			got := new(creationrules.Finder).Overridden(filepath.Join(folder, tt.path))
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			for _, key := range tt.set {
				if key != "" && strings.Contains(got, key) {
					t.Errorf("the text has a key in it: %s", got)
				}
			}
		})
	}
}
