package synthfile_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// A message that advises to run sops says where .sops.yaml would make sops refuse.
func TestCreationRules(t *testing.T) {
	sopstest.Isolate(t)
	t.Setenv("SOPS_CONFIG", "")
	const key = "arn:aws:kms:eu-west-1:ACCOUNT:alias/k"
	const account = `; before that, put your account in the place of "DEV_ACCOUNT_ID" in creation rule N of sops/.sops.yaml, since sops takes no such ARN`
	const none = `; before that, add a creation rule for it (sops/.sops.yaml: no creation rule matches it, so sops refuses to create or update it)`
	number := regexp.MustCompile("rule [0-9]+")
	word := strings.ReplaceAll(key, "ACCOUNT", "DEV_ACCOUNT_ID")
	known := strings.ReplaceAll(key, "ACCOUNT", "111122223333")
	for name, c := range map[string]struct{ rules, path, want string }{
		"an account":                   {"creation_rules: [{kms: '" + known + "'}]", "sops/x.json", ""},
		"a word for it":                {"creation_rules: [{kms: '" + word + "'}]", "sops/x.json", account},
		"a word in a list":             {"creation_rules: [{kms: ['" + known + "', '" + word + "+arn:aws:iam::DEV_ACCOUNT_ID:role/r']}]", "sops/x.json", account},
		"a word behind a comma":        {"creation_rules: [{kms: '" + known + ", " + word + "'}]", "sops/x.json", account},
		"a word in a key group":        {"creation_rules: [{key_groups: [{kms: [{arn: '" + word + "'}]}]}]", "sops/x.json", account},
		"a word in another rule":       {"creation_rules: [{path_regex: '^prod/', kms: '" + word + "'}, {kms: '" + known + "'}]", "sops/x.json", ""},
		"a word in the rule of a path": {"creation_rules: [{path_regex: '^prod/', kms: '" + word + "'}, {kms: '" + known + "'}]", "sops/prod/x.json", account},
		"no rule":                      {"creation_rules: [{path_regex: '^prod/', kms: '" + known + "'}]", "sops/x.json", none},
		"age alone":                    {"creation_rules: [{age: age1}]", "sops/x.json", ""},
		"no rules at all":              {"creation_rules: []", "sops/x.json", none},
		"no YAML":                      {"[", "sops/x.json", ""},
		"above the folder":             {"creation_rules: [{kms: '" + word + "'}]", "sops/a/b/x.json", account},
		"elsewhere":                    {"creation_rules: [{kms: '" + word + "'}]", "x.json", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			err := os.MkdirAll("sops", 0o700)
			if err == nil {
				err = os.WriteFile("sops/.sops.yaml", []byte(c.rules), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := synthfile.New().Open(c.path, ""); !strings.HasSuffix(number.ReplaceAllString(message(err), "rule N"), `sops edit x.json"`+c.want) {
				t.Errorf("no file: got %v", err)
			}
			if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(c.path, []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := synthfile.New().Open(c.path, ""); !strings.HasSuffix(number.ReplaceAllString(message(err), "rule N"), `if it was ever pushed`+c.want) {
				t.Errorf("a clear file: got %v", err)
			}
		})
	}
}
