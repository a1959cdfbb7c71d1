package render

import (
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Clear is what a file holds in clear text.
type Clear struct {
	// All reports that the file holds values, and that none of them is encrypted.
	All bool
	// Secret are names of clear values whose own name says that they are secret, as
	// flat JSON names them: the first few; More is how many others there are.
	Secret []string
	More   int
}

// maxClear is how many names [Clear] holds. Names can be long, and a message is short.
const maxClear = 5

// secretWords are in the names of values that nobody means to publish.
var secretWords = []string{"password", "passwd", "secret", "token", "api_key", "apikey", "private_key", "credential"}

// FindClear returns what stands in a file in clear text. Empty values count as neither
// clear nor encrypted, since sops never encrypts them. A clear bool or date is no secret,
// whatever its name. t is from [sopsfile.File.Ciphertext].
func FindClear(t *sopsfile.Tree) (Clear, error) {
	var c Clear
	var clear, encrypted int
	var walk func(n sopsfile.Node, path []step, secret bool) error
	walk = func(n sopsfile.Node, path []step, secret bool) error {
		inMap := n.Kind() == sopsfile.Map
		return children(n, path, func(kid sopsfile.Node, path []step) error {
			secret := secret // of a list's items: the list's name says it
			if inMap {
				secret = soundsSecret(kid.Key())
			}
			switch kind := kid.Kind(); {
			case !kind.Scalar():
				return walk(kid, path, secret)
			case kid.Encrypted():
				encrypted++
			case kind == sopsfile.Null || kid.IsEmptyString():
			default:
				clear++
				if _, err := dateOf(kid); !secret || kind == sopsfile.Bool || err == nil {
					break
				}
				if len(c.Secret) == maxClear {
					c.More++
					break
				}
				c.Secret = append(c.Secret, flatName(path))
			}
			return nil
		})
	}
	for i := range t.Len() {
		if err := walk(t.Document(i), nil, false); err != nil {
			return Clear{}, err
		}
	}
	c.All = clear > 0 && encrypted == 0
	return c, nil
}

func soundsSecret(name string) bool {
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
