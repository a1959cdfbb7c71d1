package render_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Each file is encrypted by its rule; TOKEN stands for a value that is.
func TestFindClear(t *testing.T) {
	const token = `ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]`
	for _, tt := range []struct {
		name, format, file, rule string
		all                      bool
		secret                   []string
		more                     int
	}{
		{"a rule for another file's names", "json", `{"K": "s"%s}`, `"encrypted_regex": "^(data|stringData)$"`, true, nil, 0},
		{"a suffix that all have", "json", `{"a_x": "s", "b_x": 1%s}`, `"unencrypted_suffix": "_x"`, true, nil, 0},
		{"a suffix that none has", "json", `{"a": "s"%s}`, `"encrypted_suffix": "_x"`, true, nil, 0},
		{"all below a clear name", "json", `{"a": {"b": ["s"]}%s}`, `"unencrypted_regex": "^a$"`, true, nil, 0},
		{"a binary file", "binary", `{"data": "s"%s}`, `"encrypted_regex": "^x$"`, true, nil, 0},
		{"a clear number alone", "json", `{"a": 1%s}`, `"encrypted_regex": "^x$"`, true, nil, 0},
		{"a clear bool and empty values", "json", `{"a": true, "x": ""%s}`, `"encrypted_regex": "^x$"`, true, nil, 0},
		{"empty values alone", "json", `{"a": "", "b": null, "c": {}%s}`, `"encrypted_regex": "^x$"`, false, nil, 0},
		{"one value is encrypted", "json", `{"a": "s", "x": "TOKEN"%s}`, `"encrypted_regex": "^x$"`, false, nil, 0},
		{"names that sound secret", "json", `{"DB_PassWord": "s", "passwd": 1, "client-secret-id": "s", "apiKey": "s", "Api-Key": "s", "x": "TOKEN"%s}`,
			`"encrypted_regex": "^x$"`, false, []string{"Api-Key", "DB_PassWord", "apiKey", "client-secret-id", "passwd"}, 0},
		{"more of them", "json", `{"token": ["s", {"credentials": "s"}, "s", "s"], "private_key": "s", "my_token": "s", "tokens": "s", "x": "TOKEN"%s}`,
			`"encrypted_regex": "^x$"`, false, []string{"private_key", "token[0]", "token[1].credentials", "token[2]", "token[3]"}, 2},
		{"names that do not", "json", `{"user": "s", "credentials": {"user": "s"}, "token_enabled": true, "password": "", "secret": null, "x": "TOKEN"%s}`,
			`"encrypted_regex": "^x$"`, false, nil, 0},
		{"encrypted ones that do", "json", `{"user": "s", "password": "TOKEN"%s}`, `"encrypted_regex": "^password$"`, false, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			meta := fmt.Sprintf(`, "sops": {"lastmodified": "2026-01-02T03:04:05Z", "mac": "%s", "version": "3.13.3", %s,
				"kms": [{"arn": "arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000001", "created_at": "2026-01-02T03:04:05Z", "enc": "AAAA", "aws_profile": ""}]}`, token, tt.rule)
			content := strings.ReplaceAll(fmt.Sprintf(tt.file, meta), "TOKEN", token)
			file, err := sopsfile.Parse([]byte(content), sopsfile.Format(tt.format))
			if err != nil {
				t.Fatal(err)
			}
			got, err := render.FindClear(file.Ciphertext())
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got.Secret)
			if got.All != tt.all || !slices.Equal(got.Secret, tt.secret) || got.More != tt.more {
				t.Errorf("got %+v", got)
			}
		})
	}
}
