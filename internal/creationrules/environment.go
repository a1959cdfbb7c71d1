package creationrules

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// variables are those that the sops command takes master keys from. As soon as one is set,
// it takes none from a creation rule.
var variables = []struct {
	name string
	set  func(*creationRule, string)
}{
	{"SOPS_KMS_ARN", func(r *creationRule, s string) { r.KMS = s }},
	{"SOPS_GCP_KMS_IDS", func(r *creationRule, s string) { r.GCPKMS = s }},
	{"SOPS_HUAWEICLOUD_KMS_IDS", func(r *creationRule, s string) { r.HCKMS = s }},
	{"SOPS_AZURE_KEYVAULT_URLS", func(r *creationRule, s string) { r.AzureKV = s }},
	{"SOPS_VAULT_URIS", func(r *creationRule, s string) { r.Vault = s }},
	{"SOPS_PGP_FP", func(r *creationRule, s string) { r.PGP = s }},
	{"SOPS_AGE_RECIPIENTS", func(r *creationRule, s string) { r.Age = s }},
}

// Overridden returns a warning where variables of the environment, such as SOPS_KMS_ARN, put
// other master keys in the place of those that the creation rule for path has: a file that
// sops makes there is then encrypted to keys that nobody meant. It returns "" where no such
// variable is set, where they say what the rule says, and where there is no rule. The text
// has no key in it. Rules that cannot be read are those of [Finder.Find], which says so.
func (f *Finder) Overridden(path string) string {
	var environment creationRule
	var set []string
	for _, v := range variables {
		if value := os.Getenv(v.name); value != "" {
			v.set(&environment, value)
			set = append(set, v.name)
		}
	}
	if set == nil {
		return ""
	}
	rule, err := f.Find(path)
	if err != nil || rule == nil {
		return ""
	}
	keys, err := environment.keys()
	if err == nil && len(rule.Groups) == 1 && sameKeys(keys, rule.Groups[0]) {
		return ""
	}
	verb, it := "is", "it"
	if len(set) > 1 {
		verb, it = "are", "them"
	}
	return fmt.Sprintf("%s %s set to other keys than those of %s: a new file is encrypted to them alone, since sops then takes no keys from the rule. Unset %s, and look at the keys of files that were made meanwhile.",
		strings.Join(set, " and "), verb, rule, it)
}

// sameKeys reports whether two groups have the same keys, in whatever order. Profiles do not
// count: they say how to reach a key.
func sameKeys(a, b sopsfile.KeyGroup) bool {
	in := func(k sopsfile.MasterKey, keys sopsfile.KeyGroup) bool {
		return slices.ContainsFunc(keys, func(o sopsfile.MasterKey) bool {
			return o.Type == k.Type && o.ID == k.ID && o.Role == k.Role && len(o.Context) == 0 && len(k.Context) == 0
		})
	}
	return !slices.ContainsFunc(a, func(k sopsfile.MasterKey) bool { return !in(k, b) }) &&
		!slices.ContainsFunc(b, func(k sopsfile.MasterKey) bool { return !in(k, a) })
}
