package creationrules

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Rule is the creation rule that holds for a file.
type Rule struct {
	// Config is the file that has the rule, and Number its place there, from 1.
	Config string
	Number int
	// Groups are the master keys that sops would give to a new file, with what a rule
	// says of them: type, ID, and for KMS role, context and profile. There is one, or
	// one for each of key_groups.
	Groups []sopsfile.KeyGroup
	// Selects says which values are encrypted; the zero Rule where the rule leaves that to
	// sops, whose default is that of a file that says nothing.
	Selects sopsfile.Rule
	// MACOnlyEncrypted says that the MAC of a new file leaves out clear values.
	MACOnlyEncrypted bool
}

// ErrNoRule says that no rule matches a path: sops refuses to make a file there.
var ErrNoRule = errors.New("no creation rule matches it, so sops refuses to create or update it")

// shown names a file in a message: from the current folder where it is below it.
func shown(config string) string {
	if here, err := os.Getwd(); err == nil {
		if short, err := filepath.Rel(here, config); err == nil && !strings.HasPrefix(short, "..") {
			config = short
		}
	}
	return filetext.Short(config)
}

// creationRule is an entry of creation_rules.
type creationRule struct {
	PathRegex string `yaml:"path_regex"`
	// pattern is the PathRegex; nil where that is no regular expression.
	pattern *regexp.Regexp

	KMS        any        `yaml:"kms"`
	Age        any        `yaml:"age"`
	PGP        any        `yaml:"pgp"`
	GCPKMS     any        `yaml:"gcp_kms"`
	HCKMS      any        `yaml:"hckms"`
	AzureKV    any        `yaml:"azure_keyvault"`
	Vault      any        `yaml:"hc_vault_transit_uri"`
	KeyGroups  []keyGroup `yaml:"key_groups"`
	AWSProfile string     `yaml:"aws_profile"`

	UnencryptedSuffix       string `yaml:"unencrypted_suffix"`
	EncryptedSuffix         string `yaml:"encrypted_suffix"`
	UnencryptedRegex        string `yaml:"unencrypted_regex"`
	EncryptedRegex          string `yaml:"encrypted_regex"`
	UnencryptedCommentRegex string `yaml:"unencrypted_comment_regex"`
	EncryptedCommentRegex   string `yaml:"encrypted_comment_regex"`
	MACOnlyEncrypted        bool   `yaml:"mac_only_encrypted"`
}

// parse returns the rules in a file; nil where it has none.
func parse(content []byte) ([]creationRule, error) {
	var file struct {
		CreationRules []creationRule `yaml:"creation_rules"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return nil, errors.New("it is not the YAML of creation rules; \"sops edit\" says where") // err quotes the file
	}
	for i := range file.CreationRules {
		r := &file.CreationRules[i]
		r.pattern, _ = regexp.Compile(r.PathRegex) // that it is none counts when a file gets so far
	}
	return file.CreationRules, nil
}

// ruleFor returns the rule of the file config that holds for the file at path, which is
// absolute; nil where there are no rules.
func ruleFor(rules []creationRule, config, path string) (*Rule, error) {
	if rules == nil {
		return nil, nil
	}
	folder, err := filepath.Abs(filepath.Dir(config))
	if err != nil {
		return nil, err
	}
	path = strings.TrimPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
	for i, r := range rules {
		if r.pattern == nil {
			return nil, fmt.Errorf("the path_regex of creation rule %d is no regular expression", i+1)
		}
		if r.PathRegex != "" && !r.pattern.MatchString(path) {
			continue
		}
		rule, err := r.rule()
		if err != nil {
			return nil, fmt.Errorf("creation rule %d: %w", i+1, err)
		}
		rule.Config, rule.Number = config, i+1
		return rule, nil
	}
	return nil, ErrNoRule
}

func (r *creationRule) rule() (*Rule, error) {
	rule := &Rule{MACOnlyEncrypted: r.MACOnlyEncrypted}
	for typ, pattern := range map[sopsfile.RuleType]string{
		sopsfile.UnencryptedSuffix: r.UnencryptedSuffix, sopsfile.EncryptedSuffix: r.EncryptedSuffix,
		sopsfile.UnencryptedRegex: r.UnencryptedRegex, sopsfile.EncryptedRegex: r.EncryptedRegex,
		sopsfile.UnencryptedCommentRegex: r.UnencryptedCommentRegex, sopsfile.EncryptedCommentRegex: r.EncryptedCommentRegex,
	} {
		if pattern == "" {
			continue
		}
		if rule.Selects.Type != "" {
			return nil, errors.New("it has more than one rule for what is encrypted")
		}
		rule.Selects = sopsfile.Rule{Type: typ, Pattern: pattern}
	}
	if len(r.KeyGroups) == 0 {
		group, err := r.keys()
		rule.Groups = []sopsfile.KeyGroup{group}
		return rule, err
	}
	for i, g := range r.KeyGroups {
		group, err := g.keys(0)
		if err != nil {
			return nil, fmt.Errorf("key group %d: %w", i+1, err)
		}
		rule.Groups = append(rule.Groups, group)
	}
	return rule, nil
}

// String names the rule.
func (r *Rule) String() string {
	return fmt.Sprintf("creation rule %d of %s", r.Number, cmp.Or(shown(r.Config), fileName))
}
