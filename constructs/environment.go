package sopsconstructs

import "strings"

// environment is an account and a region. Each is empty where it is known at deploy
// alone.
type environment struct{ account, region string }

// likeness is how two accounts or two regions compare.
type likeness int

const (
	// same: they are equal, or both are left to the deploy.
	same likeness = iota
	// unclear: one is known, and the other is left to the deploy.
	unclear
	// different: both are known, and they differ.
	different
)

// compare compares two accounts or two regions.
func compare(a, b string) likeness {
	switch {
	case a == b:
		return same
	case a == "" || b == "":
		return unclear
	}
	return different
}

// isToken reports whether a text is not known before the deploy, or holds something
// that is not. Tokens have this form in every text that the CDK returns.
func isToken(text string) bool { return strings.Contains(text, "${Token[") }

// known returns text, or nothing where it is a token.
func known(text string) string {
	if isToken(text) {
		return ""
	}
	return text
}
