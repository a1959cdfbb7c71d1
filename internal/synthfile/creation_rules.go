package synthfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/creationrules"
	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// rulesHint says why sops would refuse to make the file at path, as far as its rules show:
// none of them matches, or the one that does has a word where an account must be, as those
// of this repository do. It is "" for rules that may be right, and where there are none.
func (f *Files) rulesHint(path string) string {
	rule, err := f.rules.Find(path)
	switch {
	case errors.Is(err, creationrules.ErrNoRule):
		return fmt.Sprintf("; before that, add a creation rule for it (%v)", err)
	case err != nil || rule == nil:
		return "" // sops says what is wrong
	}
	for _, group := range rule.Groups {
		for _, key := range group {
			if word := accountWord(key); word != "" {
				return fmt.Sprintf("; before that, put your account in the place of %s in %s, since sops takes no such ARN", filetext.Quote(word), rule)
			}
		}
	}
	return ""
}

// accountWord returns what stands in the place of the account in the ARN of a KMS key, if
// that is no number; else "".
func accountWord(key sopsfile.MasterKey) string {
	parts := strings.SplitN(key.ID, ":", 6)
	if key.Type != sopsfile.KMS || len(parts) < 6 || strings.Trim(parts[4], "0123456789") == "" {
		return ""
	}
	return parts[4]
}
