package assembly

import (
	"slices"
	"strings"
)

// holderKind is a kind of resource that has policies: its type, what its ARNs begin
// with, and the properties that name one, and several, in it and in policies.
type holderKind struct{ resource, arn, name, names string }

var holderKinds = []holderKind{
	{"AWS::IAM::Role", "role", "RoleName", "Roles"},
	{"AWS::IAM::User", "user", "UserName", "Users"},
	{"AWS::IAM::Group", "group", "GroupName", "Groups"},
}

// indexHolders records the given names of roles, users and groups, and which managed
// policies they have.
func (w *world) indexHolders() {
	for _, t := range w.templates {
		for _, id := range t.ResourceIDs() {
			r := t.Resources[id]
			for _, k := range holderKinds {
				if r.Type != k.resource {
					continue
				}
				if name := r.Properties[k.name]; name != nil {
					w.names[k.arn+"/"+t.text(name)] = t.ref(id)
				}
				for _, managed := range t.texts(r.Properties["ManagedPolicyArns"]) {
					w.attached[managed] = append(w.attached[managed], t.ref(id))
				}
			}
		}
	}
}

// holder returns the one text for a role, user or group of which a template gives the
// name: a reference to its resource where it is in the assembly, or else "kind/name".
func (w *world) holder(kind, name string) string {
	if _, _, ok := w.resourceOf(name); ok {
		return name
	}
	name = kind + "/" + name
	if ref, ok := w.names[name]; ok {
		return ref
	}
	return name
}

// holderOfARN returns the holder with an ARN, or "".
func (w *world) holderOfARN(arn string) string {
	if t, id, attribute, ok := w.attributeOf(arn); ok {
		if attribute != "Arn" {
			return ""
		}
		return t.ref(id)
	}
	parts := strings.Split(arn, ":")
	kind, _, found := strings.Cut(parts[len(parts)-1], "/")
	if !found || !slices.ContainsFunc(holderKinds, func(k holderKind) bool { return k.arn == kind }) {
		return ""
	}
	return w.holder(kind, arn[strings.LastIndexByte(arn, '/')+1:])
}
