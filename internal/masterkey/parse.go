package masterkey

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
)

// parseIdentities reads age identities, one a line, or with several a line any
// number of them separated by spaces; empty lines and lines that begin with # do
// not count. What it cannot use is said in problem, without any of it.
//
// Unlike sops it keeps the good lines of a file that has bad ones, and it allows
// spaces around an identity.
func parseIdentities(text []byte, several bool) (ids []age.Identity, problem string) {
	if encryptedIdentity(text) {
		return nil, "it is protected by a passphrase, which is not asked for here; give the identity in " + envKey + " or through " + envKeyCommand
	}
	var plugins, unknown int
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words := []string{line}
		if several {
			words = strings.Fields(line)
		}
		for _, word := range words {
			id, err := parseIdentity(word)
			switch {
			case errors.Is(err, errPlugin):
				plugins++
			case err != nil:
				unknown++
			default:
				ids = append(ids, id)
			}
		}
	}
	var problems []string
	if plugins > 0 {
		problems = append(problems, fmt.Sprintf("%d of age plugins, which are not supported here", plugins))
	}
	if unknown > 0 {
		problems = append(problems, fmt.Sprintf("%d that do not look like age identities (AGE-SECRET-KEY-1…)", unknown))
	}
	return ids, strings.Join(problems, " and ")
}

// encryptedIdentity reports whether text is an age file itself: identities that a
// passphrase protects.
func encryptedIdentity(text []byte) bool {
	return bytes.HasPrefix(text, []byte("age-encryption")) || bytes.HasPrefix(text, []byte("-----BEGIN AGE"))
}

var errPlugin = errors.New("an identity of an age plugin")

func parseIdentity(s string) (age.Identity, error) {
	switch {
	case strings.HasPrefix(s, "AGE-PLUGIN-"):
		return nil, errPlugin
	case strings.HasPrefix(s, "AGE-SECRET-KEY-PQ-1"):
		return age.ParseHybridIdentity(s)
	}
	return age.ParseX25519Identity(s)
}
