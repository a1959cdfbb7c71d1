package iameval

import (
	"fmt"
	"strings"
)

// token is a character of a pattern, or a wildcard.
type token struct {
	char rune
	wild wildcard
}

type wildcard byte

const (
	literal wildcard = iota
	anyText          // *
	anyOne           // ?
)

// pattern is a text in which some characters are wildcards.
type pattern []token

// parsePattern reads a value of a policy: "${*}", "${?}" and "${$}" are those
// characters themselves, and any other policy variable is an error. Without
// wildcards, "*" and "?" are literals too.
func parsePattern(s string, wildcards bool) (pattern, error) {
	var p pattern
	for s != "" {
		if rest, ok := strings.CutPrefix(s, "${"); ok {
			name, after, closed := strings.Cut(rest, "}")
			if !closed || name != "*" && name != "?" && name != "$" {
				return nil, fmt.Errorf("iameval: %q has a policy variable that is not known here", s)
			}
			p, s = append(p, token{char: rune(name[0])}), after
			continue
		}
		c := []rune(s)[0]
		s = s[len(string(c)):]
		switch {
		case wildcards && c == '*':
			p = append(p, token{wild: anyText})
		case wildcards && c == '?':
			p = append(p, token{wild: anyOne})
		default:
			p = append(p, token{char: c})
		}
	}
	return p, nil
}

// matches reports whether p covers the whole of s.
func (p pattern) matches(s string) bool {
	text := []rune(s)
	// After the usual method: star is the last "*", and mark is how far it reaches.
	i, j, star, mark := 0, 0, -1, 0
	for j < len(text) {
		switch {
		case i < len(p) && p[i].wild == anyText:
			star, mark = i, j
			i++
		case i < len(p) && (p[i].wild == anyOne || p[i].wild == literal && p[i].char == text[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i].wild == anyText {
		i++
	}
	return i == len(p)
}

// arnParts is how many parts an ARN has; the last may contain colons.
const arnParts = 6

// arnPattern is a pattern of an ARN, whose parts are compared one by one, so that
// no wildcard reaches across a colon of the first five.
type arnPattern []pattern

func parseARNPattern(s string) (arnPattern, error) {
	if s == "*" {
		return nil, nil
	}
	parts := strings.SplitN(s, ":", arnParts)
	if len(parts) != arnParts || parts[0] != "arn" {
		return nil, fmt.Errorf("iameval: %q is neither an ARN nor \"*\"", s)
	}
	arn := make(arnPattern, arnParts)
	for i, part := range parts {
		var err error
		if arn[i], err = parsePattern(part, true); err != nil {
			return nil, err
		}
	}
	return arn, nil
}

// matches reports whether the pattern covers arn; "*", which is nil, covers all.
func (p arnPattern) matches(arn string) bool {
	if p == nil {
		return true
	}
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) != arnParts {
		return false
	}
	for i := range parts {
		if !p[i].matches(parts[i]) {
			return false
		}
	}
	return true
}

// accountOf is the account in an ARN; "" where it has none.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) != arnParts {
		return ""
	}
	return parts[4]
}
