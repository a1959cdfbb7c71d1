package render

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Parameter is one parameter of the SSM Parameter Store.
type Parameter struct {
	Name  string
	Value plaintext.Text
}

// What the Parameter Store takes as a name: docs.aws.amazon.com, PutParameter.
const (
	parameterLevels = 15
	parameterLength = 1011 // with the part of the ARN before it
)

var (
	errParameterName  = errors.New("a name that a parameter cannot have: only letters, digits, and the marks . - _ are possible")
	errParameterDepth = errors.New("more than 15 levels, which a parameter's name cannot have")
	errParameterLong  = errors.New("over 1011 characters, which a parameter's name cannot have")
	errParameterEmpty = errors.New("no text, and a parameter holds at least one character")
)

// ParameterNames are the names of [Parameters]. t is a structure or decrypted.
func ParameterNames(t *sopsfile.Tree, prefix string) ([]string, error) {
	leaves, names, err := parameterLeaves(t, prefix)
	if err != nil {
		return nil, err
	}
	for _, l := range leaves {
		if k := l.node.Kind(); k == sopsfile.Null || k == sopsfile.Map || k == sopsfile.List {
			return nil, valueError(l.path, errParameterEmpty)
		}
	}
	return names, nil
}

// Parameters returns every value as a parameter of its own: prefix and the path, with
// slashes between the names and a list's positions: /app/db/hosts/0. prefix begins
// with a slash and does not end with one. Nothing is replaced or left out: a name that a
// parameter cannot have, null, an empty map, list or string is an error. t is
// decrypted.
func Parameters(t *sopsfile.Tree, prefix string) ([]Parameter, error) {
	if !t.HasValues() {
		return nil, errNoValues
	}
	names, err := ParameterNames(t, prefix)
	if err != nil {
		return nil, err
	}
	leaves, _, err := parameterLeaves(t, prefix)
	if err != nil {
		return nil, err
	}
	list := make([]Parameter, len(leaves))
	for i, l := range leaves {
		text, err := scalarText(l.node)
		switch {
		case err != nil:
		case len(text) == 0:
			err = errParameterEmpty
		case !utf8.Valid(text):
			err = errNotUTF8
		}
		if err != nil {
			return nil, valueError(l.path, err)
		}
		list[i] = Parameter{names[i], plaintext.New(text)}
	}
	return list, nil
}

func parameterLeaves(t *sopsfile.Tree, prefix string) ([]leaf, []string, error) {
	if !strings.HasPrefix(prefix, "/") || strings.HasSuffix(prefix, "/") {
		return nil, nil, fmt.Errorf("the prefix %q of parameters is not of the form /NAME or /NAME/NAME", prefix)
	}
	parts := strings.Split(prefix[1:], "/")
	for _, part := range parts {
		if !isParameterPart(part) {
			return nil, nil, fmt.Errorf("the prefix %q of parameters: %w", prefix, errParameterName)
		}
	}
	if first := strings.ToLower(parts[0]); strings.HasPrefix(first, "aws") || strings.HasPrefix(first, "ssm") {
		return nil, nil, fmt.Errorf("the prefix %q of parameters: AWS keeps names that begin with aws or ssm to itself", prefix)
	}
	doc, err := document(t)
	if err != nil {
		return nil, nil, err
	}
	leaves, err := flatLeaves(doc)
	if err != nil {
		return nil, nil, err
	}
	names := make([]string, len(leaves))
	for i, l := range leaves {
		name := prefix
		for _, s := range l.path {
			part := s.key
			if s.index >= 0 {
				part = strconv.Itoa(s.index)
			}
			if !isParameterPart(part) {
				return nil, nil, valueError(l.path, errParameterName)
			}
			name += "/" + part
		}
		if len(parts)+len(l.path) > parameterLevels {
			return nil, nil, valueError(l.path, errParameterDepth)
		}
		if len(name) > parameterLength {
			return nil, nil, valueError(l.path, errParameterLong)
		}
		names[i] = name
	}
	return leaves, names, nil
}

func isParameterPart(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return s != ""
}
