package assembly

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// statement is one policy statement; in a template a single Action or Resource may
// stand without a list. NotAction, NotResource and conditions are not read: a statement
// without Action or Resource allows nothing here, and is negated.
type statement struct {
	sid        string
	allow      bool
	actions    []string // in small letters
	resources  []string // texts of the template
	principals []string
	negated    bool
	location   string // in the template
}

// statements returns the statements of a policy document at a place of the template.
func (t *template) statements(document any, location string) []statement {
	fields, _ := document.(map[string]any)
	_, isList := fields["Statement"].([]any)
	var all []statement
	for i, item := range cfn.List(fields["Statement"]) {
		s, ok := item.(map[string]any)
		if !ok {
			continue
		}
		place := location + "/Statement"
		if isList {
			place = fmt.Sprintf("%s/%d", place, i)
		}
		all = append(all, statement{
			sid: t.text(s["Sid"]), allow: s["Effect"] == "Allow",
			actions: t.lower(s["Action"]), resources: t.texts(s["Resource"]), principals: t.principals(s["Principal"]),
			negated:  s["NotAction"] != nil || s["NotResource"] != nil,
			location: place,
		})
	}
	return all
}

func (t *template) texts(v any) []string {
	var all []string
	for _, item := range cfn.List(v) {
		all = append(all, t.text(item))
	}
	return all
}

func (t *template) lower(v any) []string {
	all := t.texts(v)
	for i := range all {
		all[i] = strings.ToLower(all[i])
	}
	return all
}

// principals returns the principals of a statement, of whatever kind.
func (t *template) principals(v any) []string {
	kinds, isMap := v.(map[string]any)
	if !isMap {
		return t.texts(v)
	}
	return t.texts(kinds["AWS"])
}

// allows reports whether the statement allows an action, written in small letters.
func (s statement) allows(action string) bool {
	return s.allow && slices.ContainsFunc(s.actions, func(pattern string) bool { return matches(pattern, action) })
}

var writing = []string{
	"secretsmanager:putsecretvalue", "secretsmanager:updatesecret",
	"secretsmanager:updatesecretversionstage", "secretsmanager:rotatesecret",
}

// allowsWriting reports whether the statement allows writing a secret's value. All
// actions of the service, or of all services, are what an administrator has on purpose.
func (s statement) allowsWriting() bool {
	if slices.ContainsFunc(s.actions, isWholeService) {
		return false
	}
	return slices.ContainsFunc(writing, s.allows)
}

func isWholeService(pattern string) bool {
	return pattern == "*" || pattern == "*:*" || pattern == "secretsmanager:*"
}

// matches reports whether a pattern of IAM, with "*" and "?", matches a text.
func matches(pattern, text string) bool {
	star, from := -1, 0
	p, i := 0, 0
	for i < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[i]):
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
