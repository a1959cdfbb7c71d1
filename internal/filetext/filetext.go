// Package filetext is the way of a SOPS file's text into templates, messages, tags and
// logs. Names and metadata of a file are clear text that anybody who can edit it could
// have written. In a template some texts are more than text: CloudFormation replaces a
// dynamic reference by a secret, and the CDK replaces a token. On a terminal and in a
// log, control characters hide or change what is printed around them.
//
// [Check] refuses what cannot be text in a template; [Quote] is for a text inside a
// message, and [Message] for a whole message.
package filetext

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// maxQuoted is how much of a text [Quote] keeps, in bytes.
	maxQuoted = 200
	// maxShort is how much [Short] keeps, in bytes.
	maxShort = 300
	// MaxMessage is how much of a message [Message] keeps, in bytes.
	MaxMessage = 16_000
)

// live finds what a template takes for more than text: the begin of a dynamic
// reference of CloudFormation, and the begin of a token of the CDK, of a text or of a
// list.
var live = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\{(\{\s*resolve)|[$#]\{(Token\[)`)
})

// Check returns an error unless s is text wherever it stands: valid UTF-8 of printable
// characters, without a dynamic reference ("{{resolve:") and without a token of the CDK
// ("${Token["), and of at most most bytes. The error does not hold s.
func Check(s string, most int) error {
	switch {
	case len(s) > most:
		return fmt.Errorf("is over %d bytes", most)
	case !utf8.ValidString(s):
		return errors.New("is not UTF-8")
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("holds the character %U, which does not show", r)
		}
	}
	if found := live().FindString(s); strings.HasPrefix(found, "{{") {
		return errors.New("holds \"{{resolve\", which CloudFormation takes for a dynamic reference and would replace by a secret")
	} else if found != "" {
		return errors.New("holds the begin of a token of the CDK, which synth would replace")
	}
	return nil
}

// Quote returns s in double quotes for a message: cut to 200 bytes, with escapes for
// what does not show, and for the brace that begins a dynamic reference or a token.
func Quote(s string) string {
	more := ""
	if len(s) > maxQuoted {
		s, more = cut(s, maxQuoted), "…"
	}
	return escape(strconv.Quote(s)) + more
}

// Short returns s for a place in a message that is not quoted: as [Printable] does, in one
// line, and cut to 300 bytes.
func Short(s string) string {
	more := ""
	if len(s) > maxShort {
		s, more = cut(s, maxShort), "…"
	}
	return strings.NewReplacer("\n", " ", "\t", " ").Replace(Printable(s)) + more
}

// Quoted returns the texts, each as [Quote] returns it.
func Quoted(texts []string) []string {
	quoted := make([]string, len(texts))
	for i, s := range texts {
		quoted[i] = Quote(s)
	}
	return quoted
}

// Few names the first most of the texts, quoted, and says how many more there are.
func Few(texts []string, most int) string {
	few := strings.Join(Quoted(texts[:min(most, len(texts))]), ", ")
	if more := len(texts) - most; more > 0 {
		few += fmt.Sprintf(" and %d more", more)
	}
	return few
}

// Message returns s as a message: what [Printable] returns, cut to [MaxMessage] bytes.
func Message(s string) string {
	s = Printable(s)
	if len(s) > MaxMessage {
		return fmt.Sprintf("%s… (%d bytes in all)", cut(s, MaxMessage), len(s))
	}
	return s
}

// Printable returns s as valid UTF-8 whose only control characters are line feeds and
// tabs, without live references.
func Printable(s string) string {
	return escape(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', unicode.IsPrint(r), r == utf8.RuneError:
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return utf8.RuneError
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

// escape breaks up live references: "{{resolve" becomes "{\x7bresolve".
func escape(s string) string {
	if !strings.Contains(s, "{") { // nearly always
		return s
	}
	return live().ReplaceAllStringFunc(s, func(found string) string {
		return found[:1] + `\x7b` + found[2:]
	})
}

// cut returns the first most bytes of s, and no half of a character.
func cut(s string, most int) string {
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
