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
// plugin takes the identities of age plugins; where it is nil, they are of no use.
//
// Unlike sops it keeps the good lines of a file that has bad ones, and it allows
// spaces around an identity.
func parseIdentities(text []byte, several bool, plugin func(string) error) (ids []age.Identity, problem string) {
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
			id, err := parseIdentity(word, plugin)
			switch {
			case errors.Is(err, errPlugin):
				plugins++
			case err != nil:
				unknown++
			case id != nil:
				ids = append(ids, id)
			}
		}
	}
	var problems []string
	if plugins > 0 {
		problems = append(problems, fmt.Sprintf("%d of age plugins, which the function does not have", plugins))
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

var (
	errPlugin  = errors.New("an identity of an age plugin")
	errUnknown = errors.New("not an age identity")
)

// parseIdentity returns an identity, or nil for one that plugin took.
func parseIdentity(s string, plugin func(string) error) (age.Identity, error) {
	switch {
	case strings.HasPrefix(s, "AGE-PLUGIN-"):
		if plugin == nil {
			return nil, errPlugin
		}
		return nil, plugin(s)
	case strings.HasPrefix(s, "AGE-SECRET-KEY-PQ-1"):
		return age.ParseHybridIdentity(s)
	}
	return age.ParseX25519Identity(s)
}
