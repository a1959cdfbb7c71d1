package difftest_test

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// TestMetadata compares what both readers make of metadata that other programs, other
// versions and merges leave: a number for a version is read, and the rest is refused.
func TestMetadata(t *testing.T) {
	for _, c := range []struct {
		name          string
		format        sopsfile.Format
		pattern, with string
		read          bool
	}{
		{"version of 2015", sopsfile.YAML, `version: .*`, `version: 1.7`, true},
		{"version of 2015", sopsfile.JSON, `"version": "[^"]*"`, `"version": 1.7`, true},
		{"version that is a whole number", sopsfile.YAML, `version: .*`, `version: 1`, true},
		{"version that is a date", sopsfile.YAML, `version: .*`, `version: 2020-01-01`, false},
		{"version that is a list", sopsfile.JSON, `"version": "[^"]*"`, `"version": [1]`, false},
		{"lastmodified without quotes", sopsfile.YAML, `lastmodified: "(.*)"`, `lastmodified: $1`, false},
		{"key groups of text", sopsfile.YAML, `(?m)^sops:`, "sops:\n    key_groups: x", false},
		{"key groups of text", sopsfile.JSON, `"sops": \{`, `"sops": {"key_groups": "x",`, false},
		{"key groups of text", sopsfile.Dotenv, `(?m)^sops_version=`, "sops_key_groups=x\nsops_version=", false},
		{"key groups of lists of text", sopsfile.YAML, `(?m)^sops:`, "sops:\n    key_groups: [{kms: x}]", false},
		{"no key groups", sopsfile.YAML, `(?m)^sops:`, "sops:\n    key_groups: []", true},
	} {
		t.Run(string(c.format)+" "+c.name, func(t *testing.T) {
			text := map[sopsfile.Format]string{sopsfile.JSON: `{"a": "b"}`, sopsfile.YAML: "a: b\n", sopsfile.Dotenv: "A=b\n"}[c.format]
			data, key, err := encryptHere(c.format, text, 1)
			if err != nil {
				t.Fatal(err)
			}
			changed := regexp.MustCompile(c.pattern).ReplaceAll(data, []byte(c.with))
			if bytes.Equal(changed, data) {
				t.Fatalf("the file has no %s", c.pattern)
			}
			want, _, wantErr := officially(changed, c.format, key)
			got, _, gotErr := ours(changed, c.format, key)
			if (wantErr == nil) != c.read || (gotErr == nil) != c.read || !bytes.Equal(got, want) {
				t.Errorf("got %v, sops has %v, want read %v, and the same bytes", gotErr, wantErr, c.read)
			}
		})
	}
}
