package iameval

import (
	"fmt"
	"slices"
	"strings"
)

// Request is one call to AWS.
type Request struct {
	// Principal is who calls: the ARN of a role, a user or an account's root, or
	// the name of a service ("lambda.amazonaws.com"). [Allowed] does not look at it.
	Principal string
	// Action is what is called: "kms:Decrypt".
	Action string
	// Resource is the ARN of what it is called on; "*" for an action that knows no
	// resources.
	Resource string
	// Context are the condition keys of the call.
	Context Context
}

// Allowed reports whether the policies of one identity allow a request: at least
// one statement does, and none denies it.
func Allowed(documents []*Document, r Request) (bool, error) {
	if err := r.check(); err != nil {
		return false, err
	}
	allowed, denied, err := decide(documents, r)
	return allowed && !denied, err
}

func (r Request) check() error {
	if service, name, ok := strings.Cut(r.Action, ":"); !ok || service == "" || name == "" || strings.ContainsAny(r.Action, "*?") {
		return fmt.Errorf("iameval: %q is not one action", r.Action)
	}
	if r.Resource != "*" && strings.Count(r.Resource, ":") < arnParts-1 {
		return fmt.Errorf("iameval: %q is not the ARN of a resource", r.Resource)
	}
	return nil
}

// applies reports whether the statement speaks of the request, whoever makes it.
func (s statement) applies(r Request) (bool, error) {
	action := strings.ToLower(r.Action)
	if slices.ContainsFunc(s.actions, func(p pattern) bool { return p.matches(action) }) == s.notActions {
		return false, nil
	}
	if s.resources != nil && !slices.ContainsFunc(s.resources, func(p arnPattern) bool {
		return p == nil || r.Resource != "*" && p.matches(r.Resource)
	}) {
		return false, nil
	}
	for _, c := range s.conditions {
		holds, err := c.holds(r.Context)
		if err != nil || !holds {
			return false, err
		}
	}
	return true, nil
}
