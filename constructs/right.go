package sopsconstructs

import (
	"encoding/json"
	"regexp"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
)

// right is a statement of the function's policy as plain data. Its texts may hold
// tokens of the CDK.
type right struct {
	sid        string // names the statement after what it allows
	effect     string // "Allow" for ""
	actions    []string
	resource   string
	conditions keypolicy.Condition
}

// rightTo returns the right that a statement of package keypolicy describes.
func rightTo(s keypolicy.Statement) right {
	return right{sid: s.Sid, actions: []string{s.Action}, resource: s.Resource, conditions: s.Condition}
}

// document returns the right as a statement of a policy, in the form that the CDK
// takes. One action stands without a list, as the CDK writes it.
func (r right) document() map[string]any {
	effect := r.effect
	if effect == "" {
		effect = "Allow"
	}
	statement := map[string]any{"Sid": r.sid, "Effect": effect, "Action": r.actions, "Resource": r.resource}
	if len(r.actions) == 1 {
		statement["Action"] = r.actions[0]
	}
	if len(r.conditions) > 0 {
		statement["Condition"] = r.conditions
	}
	return plainJSON(statement)
}

// plainJSON returns v in the types of package json alone, which jsii passes on.
func plainJSON(v any) map[string]any {
	var fields map[string]any
	encoded, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(encoded, &fields)
	}
	if err != nil {
		panic(err) // it holds texts, lists and maps
	}
	return fields
}

// tokenLength is what a value that is known at deploy alone may grow to, in
// characters: an ARN with names of usual length.
const tokenLength = 150

var token = regexp.MustCompile(`\$\{Token\[[^\]]*\]\}`)

// size returns how many characters of a policy the right takes at most.
func (r right) size() int {
	encoded, err := json.Marshal(r.document())
	if err != nil {
		panic(err)
	}
	tokens := token.FindAllIndex(encoded, -1)
	size := len(encoded) + 1 // a comma
	for _, t := range tokens {
		size += tokenLength - (t[1] - t[0])
	}
	return size
}
