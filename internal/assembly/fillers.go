package assembly

import (
	"regexp"
	"slices"
)

// fillers are the functions that fill secrets from files. Their own statements are not
// writers beside the file.
type fillers struct {
	roles map[string]bool // holders
	// unknown reports that the role of one is not in the assembly; then a statement is
	// known by its id alone.
	unknown bool
}

// ownStatement is the id of a statement that lets a function fill a secret, or parameters.
var ownStatement = regexp.MustCompile(`^Sops(Secret|Parameters)[0-9A-F]{12}$`)

// add adds the function with this service token of a custom resource.
func (f *fillers) add(t *template, serviceToken any) {
	home, id, attribute, ok := t.world.attributeOf(t.text(serviceToken))
	if ok && attribute == "Arn" && home.Resources[id].Type == "AWS::Lambda::Function" {
		if role := t.world.holderOfARN(home.text(home.Resources[id].Properties["Role"])); role != "" {
			f.roles[role] = true
			return
		}
	}
	f.unknown = true
}

// owns reports whether a statement of a policy is what lets a function fill a target.
func (f *fillers) owns(p *policy, s statement) bool {
	return ownStatement.MatchString(s.sid) &&
		(f.unknown || slices.ContainsFunc(p.holders, func(holder string) bool { return f.roles[holder] }))
}
