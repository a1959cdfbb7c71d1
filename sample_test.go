package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
)

// The tests in this file are of the demonstration file, and go when it goes.

func TestTheAppSynthesizes(t *testing.T) {
	out, stderr, ok := runApp(t, ".", "{}")
	if !ok {
		t.Fatalf("failed: %s", stderr)
	}
	t.Run("sops takes the keys of the outputs", func(t *testing.T) { rulesNameTheOutputs(t, out) })
	t.Run("no value of the sample is in the assembly", func(t *testing.T) { holdsNoValue(t, out) })
	for _, stack := range []string{"SopsDevRoleStack", "SopsKmsKeyUsStack", "SopsSecretsManagerStack", "SopsPipelineStack"} {
		if _, err := os.Stat(filepath.Join(out, stack+".template.json")); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(contents(t, out), "is the demonstration file: it cannot be deployed") {
		t.Error("no warning that the demonstration file cannot be deployed")
	}
	assets, err := filepath.Glob(filepath.Join(out, "asset.*.zip"))
	if err != nil || len(assets) != 1 {
		t.Errorf("got assets %q, want the function's", assets)
	}
}

// rulesNameTheOutputs checks that sops/.sops.yaml names the master keys that the two
// key stacks of each stage output, and that its rules keep the stages apart.
func rulesNameTheOutputs(t *testing.T, out string) {
	t.Helper()
	want := masterKey(t, out, "SopsDevRoleStack") + "," + masterKey(t, out, "SopsKmsKeyUsStack")
	content, err := os.ReadFile("sops/.sops.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Rules []struct {
			Path string   `yaml:"path_regex"`
			KMS  []string `yaml:"kms"`
		} `yaml:"creation_rules"`
	}
	if err := yaml.Unmarshal(content, &config); err != nil {
		t.Fatal(err)
	}
	for path, stage := range map[string]string{
		"mymanagedsecrets.sops.json": "dev", "a.yaml": "dev", "a.env": "dev", "a.ini": "dev", "keystore.p12": "dev",
		"prod/mymanagedsecrets.sops.json": "prod", `prod\keystore.p12`: "prod", "prod/more/a.env": "prod",
		"production/a.env": "", "staging/a.json": "", `staging\prod\a.json`: "",
	} {
		wanted := strings.ReplaceAll(want, "dev", stage)
		if stage == "" {
			wanted = ""
		}
		got := ""
		for _, rule := range config.Rules {
			if regexp.MustCompile(rule.Path).MatchString(path) {
				got = regexp.MustCompile(`:(`+strings.ToUpper(stage)+`_ACCOUNT_ID|\d{12}):`).ReplaceAllString(strings.Join(rule.KMS, ","), ":ACCOUNT:")
				break
			}
		}
		if got != wanted {
			t.Errorf("%s:\ngot  %s\nwant %s", path, got, wanted)
		}
	}
}

// masterKey is the output of a key stack, with the word ACCOUNT for the account.
func masterKey(t *testing.T, out, stack string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(out, stack+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct{ Properties map[string]any }
		Outputs   map[string]struct{ Value any }
	}
	if err := json.Unmarshal(content, &template); err != nil {
		t.Fatal(err)
	}
	var text func(value any) string
	text = func(value any) string {
		switch value := value.(type) {
		case string:
			return value
		case map[string]any:
			if join, ok := value["Fn::Join"].([]any); ok {
				var parts []string
				for _, part := range join[1].([]any) {
					parts = append(parts, text(part))
				}
				return strings.Join(parts, join[0].(string))
			}
			if attribute, ok := value["Fn::GetAtt"].([]any); ok {
				return "arn:aws:iam::ACCOUNT:role/" + text(template.Resources[attribute[0].(string)].Properties["RoleName"])
			}
			if value["Ref"] == "AWS::Partition" {
				return "aws"
			}
			return "ACCOUNT"
		}
		return ""
	}
	return text(template.Outputs["SopsMasterKey"].Value)
}

// holdsNoValue checks that none of the sample's values is in any file of the assembly.
func holdsNoValue(t *testing.T, out string) {
	t.Helper()
	all := contents(t, out)
	if !strings.Contains(all, "my_api_key") {
		t.Fatal("the assembly was not read: it does not even hold the name of a key")
	}
	for _, value := range []string{"my_first_token", "my_second_token", "my_api_token"} {
		if strings.Contains(all, value) {
			t.Error("a value of the sample is in the assembly")
		}
	}
}

// contents are those of every file in the folder, one after the other.
func contents(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// The published recipient is in no creation rule, so sops never takes it by itself.
func TestNoCreationRuleNamesThePublishedRecipient(t *testing.T) {
	rules, err := os.ReadFile("sops/.sops.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(rules), demonstration.Recipient) {
		t.Error("sops/.sops.yaml names the published recipient")
	}
}
