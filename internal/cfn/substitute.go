package cfn

import "strings"

// substitute returns the text of Fn::Sub: of a string, or of a list of a string and a
// map of variables.
func substitute(argument any, lookup Lookup) (string, bool) {
	text, ok := argument.(string)
	var variables map[string]any
	if list, isList := argument.([]any); isList && len(list) == 2 {
		text, ok = list[0].(string)
		variables, _ = list[1].(map[string]any)
	}
	if !ok {
		return "", false
	}
	known := map[string]string{} // each variable is evaluated once
	var out strings.Builder
	for out.Len() < maxText {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return cut(out.String()), true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			out.WriteString("${" + rest)
			return cut(out.String()), true
		}
		value, seen := known[name]
		if !seen {
			value = variable(name, variables, lookup)
			known[name] = value
		}
		out.WriteString(value)
		text = after
	}
	return cut(out.String()), true
}

// variable returns the text of "${name}" in Fn::Sub.
func variable(name string, variables map[string]any, lookup Lookup) string {
	if literal, ok := strings.CutPrefix(name, "!"); ok {
		return "${" + literal + "}"
	}
	if value, ok := variables[name]; ok {
		return Text(value, lookup)
	}
	if id, attribute, ok := strings.Cut(name, "."); ok {
		return resolve(Reference{Function: GetAtt, Name: id, Attribute: attribute}, lookup)
	}
	return resolve(Reference{Function: Ref, Name: name}, lookup)
}

func cut(text string) string { return text[:min(len(text), maxText)] }
