package creationrules

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	fileName = ".sops.yaml"
	// variable names another file than the nearest, as for the sops command.
	variable = "SOPS_CONFIG"
	// maxSize is more than any such file has, in bytes.
	maxSize = 1 << 20
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

// Find returns the rule for the file at path. It is that of the nearest .sops.yaml, in the
// file's folder or above it, which sops finds when it runs in that folder; or that of the
// file which SOPS_CONFIG names. Find returns nil where there is none, or none with rules.
// Its errors name the file with the rules.
func Find(path string) (*Rule, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	config := os.Getenv(variable)
	if config == "" {
		if config = nearest(filepath.Dir(path)); config == "" {
			return nil, nil
		}
	}
	content, err := read(config)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", shown(config), err)
	}
	rule, err := parse(content, config, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown(config), err)
	}
	return rule, nil
}

// nearest returns the file with the rules in folder or above it; "" where there is none.
func nearest(folder string) string {
	for {
		config := filepath.Join(folder, fileName)
		if _, err := os.Stat(config); err == nil {
			return config
		}
		up := filepath.Dir(folder)
		if up == folder {
			return ""
		}
		folder = up
	}
}

func read(config string) ([]byte, error) {
	file, err := os.Open(config)
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err == nil && len(content) > maxSize {
		err = fmt.Errorf("it is over %d bytes", maxSize)
	}
	return content, err
}

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

// parse returns the rule for the file at path, which is absolute.
func parse(content []byte, config, path string) (*Rule, error) {
	var file struct {
		CreationRules []creationRule `yaml:"creation_rules"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return nil, errors.New("it is not the YAML of creation rules; \"sops edit\" says where") // err quotes the file
	}
	if file.CreationRules == nil {
		return nil, nil
	}
	folder, err := filepath.Abs(filepath.Dir(config))
	if err != nil {
		return nil, err
	}
	path = strings.TrimPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
	for i, r := range file.CreationRules {
		pattern, err := regexp.Compile(r.PathRegex)
		if err != nil {
			return nil, fmt.Errorf("the path_regex of creation rule %d is no regular expression", i+1)
		}
		if r.PathRegex != "" && !pattern.MatchString(path) {
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
