package sopsfile

import (
	"context"
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

var (
	errClearToken  = errors.New("an encrypted value where the file's rule selects none: it would land as it stands")
	errCommentHere = errors.New("a token of the type comment as the value of a map's entry")
	errCommentType = errors.New("an encrypted comment whose type is not comment")
	errEmptyItem   = errors.New("an empty comment in a list, which sops reads as an item")
	errRegexSteps  = errors.New("the rule's regular expression is too costly for this file")
)

// selector marks what the file's rule selects, and checks that it is encrypted
// and that nothing else is.
type selector struct {
	ctx     context.Context
	count   int // of what was walked, to look at ctx now and then
	rule    Rule
	regex   *regexp.Regexp
	cost    int // states of regex
	steps   int
	paths   int  // bytes of all paths
	over    bool // a match was not made
	scratch []byte
	// comments are, for the two rules that look at comments, the comments in force
	// at each level of nesting, how many of them the pattern fits.
	comments []commentLevel
	fitting  int // the sum of comments
}

// commentLevel are the comments in force at one level. Whether the last one fits is
// kept apart: the comment that switches encryption on stays clear itself.
type commentLevel struct {
	fitting  int
	lastFits bool
}

func newSelector(ctx context.Context, rule Rule) (*selector, error) {
	s := &selector{ctx: ctx, rule: rule}
	switch rule.Type {
	case UnencryptedSuffix, EncryptedSuffix:
		return s, nil
	}
	parsed, err := syntax.Parse(rule.Pattern, syntax.Perl)
	if err != nil {
		return nil, metadataError(string(rule.Type), "is not a regular expression of Go")
	}
	if states(parsed) > maxStates {
		return nil, metadataError(string(rule.Type), "is a regular expression with over 10000 states")
	}
	re, err := regexp.Compile(rule.Pattern)
	if err != nil {
		return nil, metadataError(string(rule.Type), "is not a regular expression of Go")
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, metadataError(string(rule.Type), "is not a regular expression of Go")
	}
	s.regex, s.cost = re, len(prog.Inst)
	return s, nil
}

// states bounds from above how many states the expression has once it is compiled.
// Compiling one takes 40 bytes for each, several times.
func states(re *syntax.Regexp) int {
	n := 2
	switch re.Op {
	case syntax.OpLiteral:
		n += len(re.Rune)
	case syntax.OpCharClass:
		n += len(re.Rune) / 32 // its ranges are scanned
	}
	for _, sub := range re.Sub {
		if n += states(sub); n > maxStates {
			return maxStates + 1
		}
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max) + 1
	}
	return n
}

// byComment reports whether the rule looks at comments instead of names.
func (s *selector) byComment() bool {
	return s.rule.Type == UnencryptedCommentRegex || s.rule.Type == EncryptedCommentRegex
}

// name reports whether the rule's pattern fits one name of a path.
func (s *selector) name(key string) bool {
	switch s.rule.Type {
	case UnencryptedSuffix, EncryptedSuffix:
		return strings.HasSuffix(key, s.rule.Pattern)
	case UnencryptedRegex, EncryptedRegex:
		return s.match(key)
	}
	return false
}

func (s *selector) match(text string) bool {
	if s.steps += s.cost * (len(text) + 1); s.steps > maxRegexSteps || s.ctx.Err() != nil {
		s.over = true
		return false
	}
	return s.regex.MatchString(text)
}

// tooCostly is the error of a match that was not made.
func (s *selector) tooCostly() error {
	if s.ctx.Err() != nil {
		return late(s.ctx, "checked")
	}
	return errRegexSteps
}

// selected reports whether what stands here is to be encrypted. fits says whether
// the pattern fits a name on its path.
func (s *selector) selected(fits, comment bool) bool {
	switch s.rule.Type {
	case UnencryptedSuffix, UnencryptedRegex:
		return !fits
	case EncryptedSuffix, EncryptedRegex:
		return fits
	}
	fitting := s.fitting
	if s.rule.Type == EncryptedCommentRegex && comment && s.comments[len(s.comments)-1].lastFits {
		fitting-- // itself
	}
	return (fitting > 0) == (s.rule.Type == EncryptedCommentRegex)
}

// clearLevel ends the force of the comments at the innermost level.
func (s *selector) clearLevel() {
	top := &s.comments[len(s.comments)-1]
	s.fitting -= top.fitting
	*top = commentLevel{}
}

// walk marks the children of n. length is that of n's path as additional data, which
// each value below is authenticated with.
func (s *selector) walk(n *node, p *treePath, length int, fits bool) error {
	byComment := s.byComment()
	if byComment {
		s.comments = append(s.comments, commentLevel{})
		defer func() {
			s.clearLevel()
			s.comments = s.comments[:len(s.comments)-1]
		}()
	}
	index := 0
	for i := range n.kids {
		if s.count++; s.count%nodesAtOnce == 0 && s.ctx.Err() != nil {
			return late(s.ctx, "checked")
		}
		kid := &n.kids[i]
		if kid.kind == Comment {
			if byComment {
				top := &s.comments[len(s.comments)-1]
				if top.lastFits = s.match(string(kid.text)); top.lastFits {
					top.fitting++
					s.fitting++
				}
			}
			if s.over {
				return s.tooCostly()
			}
			if s.paths += length; s.paths > maxPathBytes {
				return errPaths
			}
			if err := s.comment(kid, n.kind == List, fits); err != nil {
				return p.at(err)
			}
			continue
		}
		here := treePath{p, kid.key, -1}
		if n.kind == List {
			here.index = index
			index++
		}
		kidFits := fits || n.kind == Map && s.name(kid.key)
		var err error
		if kid.kind == Map || kid.kind == List {
			up := here // only containers' places go to the heap
			err = s.walk(kid, &up, length+len(kid.key)+1, kidFits)
		} else if s.paths += length + len(kid.key); s.paths > maxPathBytes {
			err = errPaths
		} else if err = s.scalar(kid, n.kind == List, kidFits); err != nil {
			at := here
			err = (&at).at(err)
		}
		if err != nil {
			return err
		}
		if s.over {
			return s.tooCostly()
		}
		if kid.kind == Comment { // a list's encrypted comment has no index
			index--
		}
		if byComment {
			s.clearLevel()
		}
	}
	return nil
}

// scalar checks one value: a token where the rule selects, and none elsewhere.
// Null and the empty string are never encrypted.
func (s *selector) scalar(n *node, inList, fits bool) error {
	if n.kind == Null {
		return nil
	}
	if !s.selected(fits, false) {
		if n.kind == String && looksLikeToken(n.text) {
			if _, err := splitToken(n.text); err == nil {
				return errClearToken
			}
		}
		return nil
	}
	if n.kind == String && len(n.text) == 0 {
		return nil
	}
	if n.kind != String || !looksLikeToken(n.text) {
		return ErrClear
	}
	var err error
	if n.kind, s.scratch, err = checkToken(n.text, s.scratch); err != nil {
		return err
	}
	if n.kind == Comment && !inList {
		return errCommentHere
	}
	n.enc, n.item = true, n.kind == Comment
	return nil
}

// comment marks an encrypted comment. A clear one may stand anywhere: sops writes
// such files, and older versions encrypted no comments.
func (s *selector) comment(n *node, inList, fits bool) error {
	if !s.selected(fits, true) {
		return nil
	}
	if len(n.text) == 0 && inList {
		return errEmptyItem
	}
	if !strings.HasPrefix(string(n.text), tokenOpen) {
		return nil
	}
	kind, scratch, err := checkToken(n.text, s.scratch)
	s.scratch = scratch
	if err != nil {
		return err
	}
	if kind != Comment {
		return errCommentType
	}
	n.enc = true
	return nil
}
