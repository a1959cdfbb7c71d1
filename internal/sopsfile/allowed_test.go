package sopsfile_test

import "testing"

func TestCheckAllowed(t *testing.T) {
	f := withKeys(t, true, "arn:a")
	m := f.Metadata()
	m.Groups[0][0].Role = "arn:role"
	for _, tt := range []struct {
		allowed []string
		want    string
	}{
		{[]string{"arn:a", "arn:role", "age1", "more"}, ""},
		{[]string{"arn:a", "age1"}, `the file names the role "arn:role", which is not among the allowed keys`},
		{[]string{"arn:a", "arn:role"}, `the file names the age key "age1", which is not among the allowed keys`},
		{[]string{"arn:", "arn:role", "age1"}, `the file names the kms key "arn:a", which is not among the allowed keys`},
		{nil, `the file names the kms key "arn:a", which is not among the allowed keys`},
	} {
		err := m.CheckAllowed(tt.allowed)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%q: got %v, want %s", tt.allowed, err, tt.want)
		}
	}
}
