package render_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Dates stand in clear text; TOKEN stands for a value that is encrypted.
func TestDates(t *testing.T) {
	const token = `ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]`
	const noDate = ` is no date; write 2027-06-30, or 2027-06-30T12:00:00Z`
	for _, tt := range []struct{ name, format, file, want, fails string }{
		{"dates and times", "json", `{"a": "TOKEN", "a_exp": "2027-06-30", "b": [{"c_exp": "2027-01-02T03:04:05+02:00"}], "d_exp": "2024-02-29T00:00:00Z"}`,
			"a 2027-06-30, b[0].c 2027-01-02T01:04:05Z, d 2024-02-29", ""},
		{"YAML", "yaml", "a: TOKEN\na_exp: 2027-06-30\nb_exp: 2027-06-30T12:00:00Z\nc_exp: \"2027-07-01\"\n", "a 2027-06-30, b 2027-06-30T12:00:00Z, c 2027-07-01", ""},
		{"two documents", "yaml", "a: TOKEN\na_exp: 2027-06-30\n---\nb_exp: 2027-07-01\n", "a 2027-06-30, b 2027-07-01", ""},
		{"dotenv", "dotenv", "A=TOKEN\nA_exp=2027-06-30\n", "A 2027-06-30", ""},
		{"other names", "json", `{"a": "TOKEN", "_exp": "2027-06-30", "a_exp_b": {"c": "TOKEN"}, "l_exp": ["2027-06-30"], "m_exp": {"x": "y"}}`, "", ""},
		{"null and empty", "json", `{"a": "TOKEN", "a_exp": null, "b_exp": ""}`, "", ""},
		{"encrypted", "json", `{"a": {"b_exp": "TOKEN"}}`, "", `"a.b_exp" is encrypted, and its date is needed without a key; have sops leave it in clear text, with "unencrypted_suffix: _exp" in the rule of .sops.yaml`},
		{"no date", "json", `{"a": "TOKEN", "a_exp": "hunter2-next-year"}`, "", `"a_exp"` + noDate},
		{"another order", "json", `{"a": "TOKEN", "a_exp": "30.06.2027"}`, "", `"a_exp"` + noDate},
		{"no such day", "json", `{"a": "TOKEN", "a_exp": "2027-02-29"}`, "", `"a_exp"` + noDate},
		{"a time without a zone", "json", `{"a": "TOKEN", "a_exp": "2027-06-30T12:00:00"}`, "", `"a_exp"` + noDate},
		{"a number", "json", `{"a": "TOKEN", "a_exp": 20270630}`, "", `"a_exp"` + noDate},
		{"too early", "json", `{"a": "TOKEN", "a_exp": "1970-12-31"}`, "", `"a_exp" has a year before 1971 or after 2190; correct it`},
		{"too late", "json", `{"a": "TOKEN", "a_exp": "9999-12-31"}`, "", `"a_exp" has a year before 1971 or after 2190; correct it`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const rule, arn, at = "_exp$", "arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000001", "2026-01-02T03:04:05Z"
			meta := fmt.Sprintf(`{"lastmodified": %[1]q, "mac": %[2]q, "version": "3.13.3", "unencrypted_regex": %[3]q, "kms": [{"arn": %[4]q, "created_at": %[1]q, "enc": "AAAA", "aws_profile": ""}]}`, at, token, rule, arn)
			if strings.Contains(tt.fails, "is encrypted") {
				meta = strings.Replace(meta, rule, "^none$", 1)
			}
			content := strings.ReplaceAll(tt.file, "TOKEN", token)
			switch tt.format {
			case "json":
				content = strings.TrimSuffix(content, "}") + `, "sops": ` + meta + "}"
			case "yaml":
				content = strings.Replace(content, "\n---", "\nsops: "+meta+"\n---", 1) + "sops: " + meta + "\n"
			case "dotenv":
				content += "sops_lastmodified=" + at + "\nsops_mac=" + token + "\nsops_version=3.13.3\nsops_unencrypted_regex=" + rule +
					"\nsops_kms__list_0__map_arn=" + arn + "\nsops_kms__list_0__map_created_at=" + at + "\nsops_kms__list_0__map_enc=AAAA\n"
			}
			file, err := sopsfile.Parse([]byte(content), sopsfile.Format(tt.format))
			if err != nil {
				t.Fatal(err)
			}
			dates, err := render.Dates(file.Ciphertext(), "_exp")
			var got []string
			for _, d := range dates {
				got = append(got, d.Of+" "+d.String())
			}
			if strings.Join(got, ", ") != tt.want || (err == nil) != (tt.fails == "") || err != nil && !strings.HasPrefix(err.Error(), tt.fails) {
				t.Errorf("got %q, %v", got, err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Error("the error quotes a value")
			}
			if clear, err := render.FindClear(file.Ciphertext()); err != nil || clear.Secret != nil {
				t.Errorf("a date passes for a secret: %v %v", clear, err)
			}
		})
	}
}
