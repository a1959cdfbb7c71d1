package iameval

import (
	"fmt"
	"slices"
	"strings"
)

// Context is the condition context of a request: the values of its condition
// keys, whose names do not mind case. A key without values is not there.
type Context map[string][]string

// lookup returns the values of a key; nil when it is not there.
func (c Context) lookup(key string) []string {
	var values []string
	for name, v := range c {
		if strings.EqualFold(name, key) {
			values = append(values, v...)
		}
	}
	return values
}

// condition is one key of one operator, with its values.
type condition struct {
	operator string // as written, for messages
	key      string
	holds    func(Context) (bool, error)
}

// match compares one value of the policy with one of the request.
type match func(value string) (func(string) bool, error)

func equals(value string) (func(string) bool, error) {
	p, err := parsePattern(value, false)
	return p.matches, err
}

func equalsIgnoreCase(value string) (func(string) bool, error) {
	p, err := parsePattern(strings.ToLower(value), false)
	return func(s string) bool { return p.matches(strings.ToLower(s)) }, err
}

func like(value string) (func(string) bool, error) {
	p, err := parsePattern(value, true)
	return p.matches, err
}

func arnLike(value string) (func(string) bool, error) {
	p, err := parseARNPattern(value)
	return p.matches, err
}

func boolean(value string) (func(string) bool, error) {
	if value != "true" && value != "false" {
		return nil, fmt.Errorf("iameval: %q is neither true nor false", value)
	}
	return func(s string) bool { return strings.EqualFold(s, value) }, nil
}

// operators are the comparisons, and whether they are negated: a negated one
// holds when no value matches, and so when the key is not there.
var operators = map[string]struct {
	match   match
	negated bool
}{
	"StringEquals":              {equals, false},
	"StringNotEquals":           {equals, true},
	"StringEqualsIgnoreCase":    {equalsIgnoreCase, false},
	"StringNotEqualsIgnoreCase": {equalsIgnoreCase, true},
	"StringLike":                {like, false},
	"StringNotLike":             {like, true},
	"ArnEquals":                 {arnLike, false}, // as the user guide says: identical to ArnLike
	"ArnLike":                   {arnLike, false},
	"ArnNotEquals":              {arnLike, true},
	"ArnNotLike":                {arnLike, true},
	"Bool":                      {boolean, false},
}

// newCondition reads one key of an operator such as "ForAnyValue:StringLike" or
// "StringEqualsIfExists".
func newCondition(operator, key string, values []string) (condition, error) {
	c := condition{operator: operator, key: key}
	if len(values) == 0 {
		return c, fmt.Errorf("iameval: condition %s on %s has no value", operator, key)
	}
	if operator == "Null" {
		missing := values[0] == "true"
		if len(values) != 1 || !missing && values[0] != "false" {
			return c, fmt.Errorf("iameval: condition Null on %s takes true or false", key)
		}
		c.holds = func(ctx Context) (bool, error) { return (len(ctx.lookup(key)) == 0) == missing, nil }
		return c, nil
	}

	name, set := operator, ""
	for _, s := range []string{"ForAllValues:", "ForAnyValue:"} {
		if rest, ok := strings.CutPrefix(operator, s); ok {
			name, set = rest, s
		}
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	op, known := operators[name]
	if !known {
		return c, fmt.Errorf("iameval: unknown condition operator %q", operator)
	}
	var matches []func(string) bool
	for _, value := range values {
		m, err := op.match(value)
		if err != nil {
			return c, err
		}
		matches = append(matches, m)
	}
	one := func(given string) bool {
		return slices.ContainsFunc(matches, func(m func(string) bool) bool { return m(given) }) != op.negated
	}
	c.holds = func(ctx Context) (bool, error) {
		given := ctx.lookup(key)
		switch {
		case len(given) == 0 && set == "ForAllValues:":
			return true, nil
		case len(given) == 0 && ifExists:
			return true, nil
		case len(given) == 0 && set == "ForAnyValue:":
			return false, nil
		case len(given) == 0:
			return op.negated, nil
		case set == "ForAllValues:":
			return !slices.ContainsFunc(given, func(s string) bool { return !one(s) }), nil
		case set == "ForAnyValue:":
			return slices.ContainsFunc(given, one), nil
		case len(given) > 1:
			return false, fmt.Errorf("iameval: %s on %s, of which the request has %d values: this takes ForAllValues or ForAnyValue", operator, key, len(given))
		}
		return one(given[0]), nil
	}
	return c, nil
}
