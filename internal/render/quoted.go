package render

import "github.com/ebb7bed6/sopscdk/internal/sopsfile"

// Quoted returns the names of a dotenv file's values that begin and end with a quote, in
// file order. sops keeps such quotes as a part of the value, where a shell and most other
// readers of dotenv files take them off. t is decrypted.
func Quoted(t *sopsfile.Tree) []string {
	if t.FileFormat() != sopsfile.Dotenv {
		return nil
	}
	var names []string
	_ = children(t.Document(0), nil, func(kid sopsfile.Node, _ []step) error {
		text := kid.Text().Reveal()
		if n := len(text); n >= 2 && text[0] == text[n-1] && (text[0] == '"' || text[0] == '\'') {
			names = append(names, kid.Key())
		}
		return nil
	})
	return names
}
