package keypolicy_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// A key is allowed with one context and no other, and without one only by its id.
func TestAllowedContexts(t *testing.T) {
	check := func(k sopsfile.MasterKey, allowed ...string) error {
		return keypolicy.CheckAllowed(&sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{k}}}, allowed)
	}
	for _, tt := range []struct {
		name    string
		key     sopsfile.MasterKey
		allowed []string
		ok      bool
	}{
		{"that context", entry(keyARN, "", "app", "web", "Stage", "dev"), []string{keyARN + "|Stage:dev,app:web"}, true},
		{"with a role", entry(keyARN, roleARN, "app", "web"), []string{roleARN, keyARN + "|app:web"}, true},
		{"the role is missing", entry(keyARN, roleARN, "app", "web"), []string{keyARN + "|app:web"}, false},
		{"the key alone", entry(keyARN, "", "app", "value-of-app"), []string{keyARN}, false},
		{"another value", entry(keyARN, "", "app", "value-of-app"), []string{keyARN, keyARN + "|app:api"}, false},
		{"one more name", entry(keyARN, "", "app", "web", "x", "value-of-x"), []string{keyARN + "|app:web"}, false},
		{"one name less", entry(keyARN, "", "app", "web"), []string{keyARN + "|app:web,x:y"}, false},
		{"no context, and one is wanted", entry(keyARN, ""), []string{keyARN + "|app:web"}, false},
		{"two pairs in one value", entry(keyARN, "", "a", "b,c:d"), []string{keyARN + "|a:b,c:d"}, false},
		{"the same, escaped", entry(keyARN, "", "a", "b,c:d"), []string{keyARN + `|a:b\,c\:d`}, true},
		{"a backslash", entry(keyARN, "", `a\`, "b"), []string{keyARN + `|a\\:b`}, true},
		{"an empty list", entry(keyARN, "", "app", "web"), []string{}, false},
		{"an empty list, no context", entry(keyARN, ""), []string{}, false},
	} {
		err := check(tt.key, tt.allowed...)
		if (err == nil) != tt.ok {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "value-of") {
			t.Errorf("%s: the error holds a value of the context: %v", tt.name, err)
		}
		// What a file names itself is allowed when it is listed.
		m := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{tt.key}}}
		if err := keypolicy.CheckAllowed(m, keypolicy.Names(m)); err != nil {
			t.Errorf("%s: its own names: %v", tt.name, err)
		}
	}
}
