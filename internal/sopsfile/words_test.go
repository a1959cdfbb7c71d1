package sopsfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// What a file says of its master keys becomes part of policies and messages. What is
// more than text there is refused, with the path of the entry and without the text.
func TestMasterKeysAreText(t *testing.T) {
	const made = "2024-01-02T03:04:05Z"
	kms := func(field string, value any) map[string]any {
		k := map[string]any{"arn": "arn:aws:kms:eu-west-1:111122223333:key/11111111-1111-4111-8111-111111111111", "created_at": made, "enc": "eA=="}
		k[field] = value
		return map[string]any{"kms": []any{k}}
	}
	for name, bad := range map[string]string{
		"reference":  "{{resolve:secretsmanager:prod/db:SecretString:password}}",
		"token":      "${Token[TOKEN.1]}",
		"list token": "#{Token[TOKEN.1]}",
		"escape":     "s3cret\x1b[31m",
		"override":   "s3cret\u202e",
		"newline":    "s3cret\nforged line",
		"long":       strings.Repeat("s3cret", 2000),
	} {
		for _, c := range []struct {
			path   string
			change map[string]any
		}{
			{"kms[0].arn", kms("arn", bad)},
			{"kms[0].role", kms("role", bad)},
			{"kms[0].aws_profile", kms("aws_profile", bad)},
			{"kms[0].context.a", kms("context", map[string]any{"a": bad})},
			{"kms[0].context.", kms("context", map[string]any{bad: "a"})},
			{"age[0].recipient", map[string]any{"age": []any{map[string]any{"recipient": bad, "enc": "x"}}}},
			{"pgp[0].fp", map[string]any{"pgp": []any{map[string]any{"fp": bad, "created_at": made, "enc": "x"}}}},
			{"gcp_kms[0].resource_id", map[string]any{"gcp_kms": []any{map[string]any{"resource_id": bad, "created_at": made, "enc": "x"}}}},
			{"azure_kv[0].name", map[string]any{"azure_kv": []any{map[string]any{"vault_url": "https://v", "name": bad, "version": "", "created_at": made, "enc": "x"}}}},
			{"hc_vault[0].key_name", map[string]any{"hc_vault": []any{map[string]any{"vault_address": "https://v", "engine_path": "p", "key_name": bad, "created_at": made, "enc": "x"}}}},
			{"hckms[0].key_id", map[string]any{"hckms": []any{map[string]any{"key_id": bad, "created_at": made, "enc": "x"}}}},
			{"key_groups[0].kms[0].context.a", map[string]any{"key_groups": []any{kms("context", map[string]any{"a": bad})}}},
		} {
			data := edit(t, "types.json", func(meta map[string]any) {
				if strings.HasPrefix(c.path, "key_groups") {
					delete(meta, "age")
				}
				for k, v := range c.change {
					meta[k] = v
				}
			})
			_, err := sopsfile.Parse(data, sopsfile.JSON)
			if err == nil {
				t.Errorf("%s in %s: no error", name, c.path)
				continue
			}
			got := err.Error()
			if want := fmt.Sprintf("%q", c.path); !strings.Contains(got, strings.TrimSuffix(want, `"`)) {
				t.Errorf("%s in %s: got %s", name, c.path, got)
			}
			if isName := strings.HasSuffix(c.path, "."); strings.Contains(got, "s3cret") && !isName || strings.Contains(got, bad) || len(got) > 500 {
				t.Errorf("%s in %s: the error repeats it: %q", name, c.path, got)
			}
		}
	}
}
