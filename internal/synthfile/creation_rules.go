package synthfile

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

const (
	rulesFile = ".sops.yaml"
	maxRules  = 1 << 20 // bytes of a rulesFile
)

// creationRules are what is read of a rulesFile.
type creationRules struct {
	CreationRules []struct {
		PathRegex string    `yaml:"path_regex"`
		Rest      yaml.Node `yaml:"kms"`
		Groups    yaml.Node `yaml:"key_groups"`
	} `yaml:"creation_rules"`
}

// rulesHint says why sops will refuse to make the file at path by the rules that it finds
// for it, as far as that can be seen: none of them matches, or the one that does has a
// word where an account must be. It is "" for rules that may be right, and where there are
// none.
func rulesHint(path string) string {
	place, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	config := rulesFor(place)
	if config == "" {
		return ""
	}
	content, err := readFile(config)
	var rules creationRules
	if err != nil || len(content) > maxRules || yaml.Unmarshal(content, &rules) != nil || len(rules.CreationRules) == 0 {
		return "" // sops says what is wrong
	}
	shown := config
	if here, err := os.Getwd(); err == nil {
		if relative, err := filepath.Rel(here, config); err == nil {
			shown = filepath.ToSlash(relative)
		}
	}
	// As sops: the path is compared as one of the folder of the rules.
	name := strings.TrimPrefix(place, filepath.Dir(config)+string(filepath.Separator))
	for _, rule := range rules.CreationRules {
		if rule.PathRegex != "" {
			if pattern, err := regexp.Compile(rule.PathRegex); err != nil || !pattern.MatchString(name) {
				continue
			}
		}
		if word := accountWord(&rule.Rest) + accountWord(&rule.Groups); word != "" {
			return fmt.Sprintf("; before that, put your account in the place of %s in %s, since sops takes no such ARN", filetext.Quote(word), shown)
		}
		return ""
	}
	return fmt.Sprintf("; before that, add a rule for it to %s, since none of those there matches", shown)
}

// rulesFor returns the rulesFile that sops takes for a file when it is run in the file's
// folder; "" for none.
func rulesFor(place string) string {
	for folder := filepath.Dir(place); ; folder = filepath.Dir(folder) {
		if config := filepath.Join(folder, rulesFile); exists(config) {
			return config
		}
		if folder == filepath.Dir(folder) {
			return ""
		}
	}
}

var keyARN = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:([^:]*):`)

// accountWord returns the first account of a KMS key in a rule that is no account; "" for
// none.
func accountWord(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		for _, key := range strings.Split(n.Value, ",") {
			if m := keyARN.FindStringSubmatch(strings.TrimSpace(key)); m != nil && m[1] != "" && strings.Trim(m[1], "0123456789") != "" {
				return m[1]
			}
		}
		return ""
	}
	for _, each := range n.Content {
		if word := accountWord(each); word != "" {
			return word
		}
	}
	return ""
}
