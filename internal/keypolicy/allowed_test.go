package keypolicy_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func TestCheckAllowed(t *testing.T) {
	m := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{
		{Type: sopsfile.KMS, ID: "arn:a", Role: "arn:role"}, {Type: sopsfile.Age, ID: "age1"},
	}}}
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
		err := keypolicy.CheckAllowed(m, tt.allowed)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%q: got %v, want %s", tt.allowed, err, tt.want)
		}
	}
	m.Groups[0][0].ID = strings.Repeat("x", 10_000)
	if err := keypolicy.CheckAllowed(m, nil); len(err.Error()) > 400 {
		t.Errorf("the message has %d bytes", len(err.Error()))
	}
}
