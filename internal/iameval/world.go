package iameval

import (
	"fmt"
	"strings"
)

// World is what decides over requests in the end: the policies of identities and
// those of resources, in any number of accounts. The zero value is empty.
type World struct {
	identities map[string][]*Document
	resources  map[string]resource
}

// resource is something that can have a policy of its own.
type resource struct {
	account string
	policy  *Document // nil: it has none
}

// AddIdentity adds policies of the role or user with this ARN. One without any is
// added so too: an unknown principal is an error.
func (w *World) AddIdentity(arn string, documents ...*Document) {
	if w.identities == nil {
		w.identities = map[string][]*Document{}
	}
	w.identities[arn] = append(w.identities[arn], documents...)
}

// AddResource adds a resource of account with its policy: of a secret, of a KMS
// key, of a bucket and of an object in it, of a role (its trust policy). nil says
// that it has none.
func (w *World) AddResource(arn, account string, policy *Document) {
	if w.resources == nil {
		w.resources = map[string]resource{}
	}
	w.resources[arn] = resource{account, policy}
}

// standing is how a resource policy speaks of a principal.
type standing int

const (
	nothing   standing = iota
	delegated          // it leaves it to the principal's account
	direct             // it allows the principal itself
)

// Allowed reports whether the principal can do what it asks for. In one account the
// identity's policies or the resource's must allow it; for a KMS key and for
// assuming a role it takes the resource's policy in any case, which may leave it
// to the account's identities. Across accounts both must allow it. A denial
// anywhere wins.
func (w *World) Allowed(r Request) (bool, error) {
	if err := r.check(); err != nil {
		return false, err
	}
	on, known := w.resources[r.Resource]
	if !known {
		return false, fmt.Errorf("iameval: the resource %q was not added", r.Resource)
	}
	account := accountOf(r.Principal)
	identity, known := w.identities[r.Principal]
	service := !strings.HasPrefix(r.Principal, "arn:")
	if !known && !service && !isRoot(r.Principal) {
		return false, fmt.Errorf("iameval: the principal %q was not added", r.Principal)
	}
	r.Context = r.withPrincipal()

	says, denied, err := on.policy.says(r)
	if err != nil || denied {
		return false, err
	}
	byIdentity, denied, err := decide(identity, r)
	if err != nil || denied {
		return false, err
	}
	if isRoot(r.Principal) { // it may do everything in its account
		byIdentity = true
	}
	policyDecides := strings.HasPrefix(strings.ToLower(r.Action), "kms:") || strings.EqualFold(r.Action, "sts:AssumeRole")
	switch {
	case service:
		return says == direct, nil
	case account != on.account:
		return byIdentity && says != nothing, nil
	case policyDecides:
		return says == direct || says == delegated && byIdentity, nil
	}
	return byIdentity || says == direct, nil
}

// decide reports whether an identity's own policies allow or deny.
func decide(documents []*Document, r Request) (allowed, denied bool, err error) {
	for _, d := range documents {
		for _, s := range d.statements {
			applies, err := s.applies(r)
			if err != nil {
				return false, false, err
			}
			denied = denied || applies && s.deny
			allowed = allowed || applies && !s.deny
		}
	}
	return allowed, denied, nil
}

// says tells how a resource's policy stands to the request.
func (d *Document) says(r Request) (says standing, denied bool, err error) {
	if d == nil {
		return nothing, false, nil
	}
	for _, s := range d.statements {
		applies, err := s.applies(r)
		if err != nil {
			return nothing, false, err
		}
		if !applies {
			continue
		}
		for _, p := range s.principals {
			speaks := p.speaksOf(r.Principal)
			if s.deny && speaks != nothing {
				return nothing, true, nil
			}
			says = max(says, speaks)
		}
	}
	return says, false, nil
}

func (p principal) speaksOf(caller string) standing {
	isService := !strings.HasPrefix(caller, "arn:")
	switch {
	case p.kind == "*":
		return direct
	case p.kind == "Service":
		if isService && p.id == caller {
			return direct
		}
	case isService:
	case p.id == caller:
		return direct
	case p.id == accountOf(caller) || isRoot(p.id) && accountOf(p.id) == accountOf(caller):
		return delegated
	}
	return nothing
}

func isRoot(arn string) bool {
	return accountOf(arn) != "" && strings.HasSuffix(arn, ":root") && strings.Contains(arn, ":iam::")
}

// withPrincipal is the context with what IAM itself says of the caller.
func (r Request) withPrincipal() Context {
	context := Context{}
	for key, values := range r.Context {
		context[key] = values
	}
	if strings.HasPrefix(r.Principal, "arn:") {
		context["aws:PrincipalArn"] = []string{r.Principal}
		context["aws:PrincipalAccount"] = []string{accountOf(r.Principal)}
	}
	return context
}
