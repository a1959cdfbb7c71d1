package assembly

import (
	"fmt"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// policy is a resource that holds IAM policies, with who has them.
type policy struct {
	statements []statement
	// holders are the roles, users and groups that have the policy: see [world.holder].
	holders []string
	// decrypts is what these statements allow to decrypt with.
	decrypts *keys
}

// indexPolicies reads all policies of the assembly, and adds up what each holder may
// decrypt with, and what it holds, by all of them.
func (w *world) indexPolicies() {
	w.indexAliases()
	for _, t := range w.templates {
		for _, id := range t.ResourceIDs() {
			p := t.policy(id)
			if p == nil {
				continue
			}
			p.holders = append(p.holders, w.attached[t.ref(id)]...)
			p.decrypts = &keys{on: map[string]bool{}}
			p.decrypts.add(p.statements)
			for _, holder := range p.holders {
				if w.holders[holder] == nil {
					w.holders[holder] = &keys{on: map[string]bool{}}
				}
				w.holders[holder].add(p.statements)
				w.held[holder] = append(w.held[holder], p.statements...)
			}
			w.policies[resourceKey{t.number, id}] = p
		}
	}
}

// policy returns the policies of a resource that has some, or nil.
func (t *template) policy(id string) *policy {
	r := t.Resources[id]
	at := "/Resources/" + id + "/Properties/"
	p := &policy{}
	switch r.Type {
	case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy":
		p.statements = t.statements(r.Properties["PolicyDocument"], at+"PolicyDocument")
		for _, k := range holderKinds {
			for _, name := range append(t.texts(r.Properties[k.names]), t.texts(r.Properties[k.name])...) {
				p.holders = append(p.holders, t.world.holder(k.arn, name))
			}
		}
	case "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group":
		for i, item := range cfn.List(r.Properties["Policies"]) {
			fields, _ := item.(map[string]any)
			p.statements = append(p.statements, t.statements(fields["PolicyDocument"], fmt.Sprintf("%sPolicies/%d/PolicyDocument", at, i))...)
		}
		p.holders = []string{t.ref(id)}
	default:
		return nil
	}
	if len(p.statements) == 0 {
		return nil
	}
	return p
}
