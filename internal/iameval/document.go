package iameval

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Document is one policy document.
type Document struct {
	statements []statement
}

// statement is one statement of a [Document].
type statement struct {
	sid        string
	deny       bool
	actions    []pattern
	notActions bool
	resources  []arnPattern // none in a trust policy
	principals []principal
	conditions []condition
}

// principal is whom a statement of a resource policy speaks of.
type principal struct {
	kind string // "AWS", "Service"; "*" for everyone
	id   string
}

// kind says what must stand in a document.
type kind int

const (
	identityPolicy kind = iota
	resourcePolicy
	trustPolicy
)

const version = "2012-10-17"

// ParseIdentity reads a policy of a role, user or group: JSON as decoded into
// any, with its intrinsic functions resolved.
func ParseIdentity(document any) (*Document, error) { return parse(document, identityPolicy) }

// ParseResource reads a policy of a resource or of a KMS key.
func ParseResource(document any) (*Document, error) { return parse(document, resourcePolicy) }

// ParseTrust reads the trust policy of a role.
func ParseTrust(document any) (*Document, error) { return parse(document, trustPolicy) }

func parse(document any, as kind) (*Document, error) {
	fields, ok := document.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("iameval: a policy document is no object")
	}
	for name := range fields {
		if name != "Version" && name != "Statement" && name != "Id" {
			return nil, fmt.Errorf("iameval: unknown element %q of a policy document", name)
		}
	}
	if fields["Version"] != version { // variables and their escapes mean nothing in the older one
		return nil, fmt.Errorf("iameval: the version of a policy document is %v, want %s", fields["Version"], version)
	}
	list, ok := fields["Statement"].([]any)
	if !ok {
		list = []any{fields["Statement"]}
	}
	d := &Document{}
	for _, one := range list {
		s, err := parseStatement(one, as)
		if err != nil {
			return nil, err
		}
		d.statements = append(d.statements, s)
	}
	return d, nil
}

func parseStatement(one any, as kind) (s statement, err error) {
	fields, ok := one.(map[string]any)
	if !ok {
		return s, fmt.Errorf("iameval: a statement is no object")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]
		switch name {
		case "Sid":
			s.sid, _ = value.(string)
		case "Effect":
			if value != "Allow" && value != "Deny" {
				return s, fmt.Errorf("iameval: unknown Effect %v", value)
			}
			s.deny = value == "Deny"
		case "Action", "NotAction":
			if s.actions != nil {
				return s, fmt.Errorf("iameval: a statement has Action and NotAction")
			}
			s.notActions = name == "NotAction"
			s.actions, err = parseActions(value)
		case "Resource":
			s.resources, err = parseResources(value)
		case "Principal":
			s.principals, err = parsePrincipals(value)
		case "Condition":
			s.conditions, err = parseConditions(value)
		default:
			err = fmt.Errorf("iameval: unknown element %q of a statement", name)
		}
		if err != nil {
			return s, err
		}
	}
	switch {
	case fields["Effect"] == nil || s.actions == nil:
		return s, fmt.Errorf("iameval: a statement has no Effect or no Action")
	case (s.resources == nil) != (as == trustPolicy):
		return s, fmt.Errorf("iameval: a statement of an identity or resource policy has a Resource, and that of a trust policy has none")
	case (s.principals == nil) != (as == identityPolicy):
		return s, fmt.Errorf("iameval: a statement of a resource or trust policy has a Principal, and that of an identity policy has none")
	}
	return s, nil
}

func parseActions(value any) ([]pattern, error) {
	names, err := texts(value)
	if err != nil {
		return nil, err
	}
	var actions []pattern
	for _, name := range names {
		if name != "*" && strings.Count(name, ":") != 1 {
			return nil, fmt.Errorf("iameval: %q is no action", name)
		}
		p, err := parsePattern(strings.ToLower(name), true)
		if err != nil {
			return nil, err
		}
		actions = append(actions, p)
	}
	return actions, nil
}

func parseResources(value any) ([]arnPattern, error) {
	arns, err := texts(value)
	if err != nil {
		return nil, err
	}
	var resources []arnPattern
	for _, arn := range arns {
		p, err := parseARNPattern(arn)
		if err != nil {
			return nil, err
		}
		resources = append(resources, p)
	}
	return resources, nil
}

func parsePrincipals(value any) ([]principal, error) {
	if value == "*" {
		return []principal{{kind: "*"}}, nil
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("iameval: a Principal is neither an object nor \"*\"")
	}
	var found []principal
	for _, kind := range slices.Sorted(maps.Keys(fields)) {
		if kind != "AWS" && kind != "Service" {
			return nil, fmt.Errorf("iameval: unknown kind of principal %q", kind)
		}
		ids, err := texts(fields[kind])
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			switch {
			case kind == "AWS" && id == "*":
				found = append(found, principal{kind: "*"})
			case strings.Contains(id, "*"):
				return nil, fmt.Errorf("iameval: %q: a principal takes no wildcard but \"*\" alone", id)
			default:
				found = append(found, principal{kind, id})
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("iameval: a Principal names nobody")
	}
	return found, nil
}

func parseConditions(value any) ([]condition, error) {
	byOperator, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("iameval: a Condition is no object")
	}
	var found []condition
	for _, operator := range slices.Sorted(maps.Keys(byOperator)) {
		byKey, ok := byOperator[operator].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("iameval: condition %s is no object", operator)
		}
		for _, key := range slices.Sorted(maps.Keys(byKey)) {
			values, err := texts(byKey[key])
			if err != nil {
				return nil, err
			}
			c, err := newCondition(operator, key, values)
			if err != nil {
				return nil, err
			}
			found = append(found, c)
		}
	}
	return found, nil
}

// texts is one text or a list of them; booleans count as texts.
func texts(value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case bool:
		return []string{fmt.Sprint(v)}, nil
	case []any:
		var all []string
		for _, one := range v {
			if _, nested := one.([]any); nested {
				return nil, fmt.Errorf("iameval: a list in a list")
			}
			t, err := texts(one)
			if err != nil {
				return nil, err
			}
			all = append(all, t...)
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("iameval: an empty list")
		}
		return all, nil
	}
	return nil, fmt.Errorf("iameval: %v is neither a text nor a list of texts", value)
}
