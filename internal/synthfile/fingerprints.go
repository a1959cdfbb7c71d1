package synthfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// How long a name, and the text of a master key, may be that stands in a template as it
// is, in bytes.
const (
	maxName = 200
	maxKey  = 400
)

// Fingerprints returns a short hash of the ciphertext for each name that lands for o:
// see [render.Fingerprints]. They may stand in a template, and names do so as [plain]
// writes them.
func (s *Selected) Fingerprints(o render.Output) (map[string]string, error) {
	prints, err := rendered(s, (*sopsfile.File).Ciphertext, func(t *sopsfile.Tree) (map[string]string, error) { return render.Fingerprints(t, o) })
	if err != nil {
		return nil, err
	}
	written := make(map[string]string, len(prints))
	for name, print := range prints {
		written[plain(name, maxName)] = print
	}
	return written, nil
}

// Fingerprint returns one hash of all that is selected, under the name [render.Whole].
func (s *Selected) Fingerprint() (map[string]string, error) {
	t, err := s.tree((*sopsfile.File).Ciphertext)
	if err != nil {
		return nil, err
	}
	return render.FingerprintOf(t), nil
}

// Recipients returns what the files' master keys are, by their names: see
// [RecipientName]. What a key is says its type, and its group where a file has several.
// They may stand in a template.
func (s *Selected) Recipients() map[string]string {
	recipients := map[string]string{}
	for _, f := range s.files {
		metadata := f.parsed.Metadata()
		for i, group := range metadata.Groups {
			for _, key := range group {
				is := string(key.Type)
				if n := len(metadata.Groups); n > 1 {
					is += fmt.Sprintf(", group %d of %d, %d needed", i+1, n, metadata.Threshold())
				}
				name := plain(RecipientName(key), maxKey)
				if had := recipients[name]; had != "" && !slices.Contains(strings.Split(had, "; "), is) {
					is = had + "; " + is
				} else if had != "" {
					is = had
				}
				recipients[name] = is
			}
		}
	}
	return recipients
}

// RecipientName returns how a master key is named: see [keypolicy.RecipientName].
func RecipientName(k sopsfile.MasterKey) string { return keypolicy.RecipientName(k) }

// special are keys of a JSON object that mean something to CloudFormation, to jsii or to
// JavaScript.
var special = regexp.MustCompile(`^(Ref|Condition|Fn::.*|\$jsii.*|__proto__|".*|)$`)

// plain returns a name as it may stand in a template as the key of a JSON object: as it
// is, or, where that would be taken for more than a name, quoted and with a hash of it. One
// that is not ASCII has the hash alone: CloudFormation returns a template with "?" for such
// characters, and two names stay two.
func plain(name string, most int) string {
	text := name
	if filetext.Check(name, most) != nil || special.MatchString(name) {
		text = filetext.Quote(name)
	} else if !strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return name
	}
	return text + render.NameHash(name)
}
