package cfn

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxText is the length in bytes at which the text of a Fn::Sub is cut. A Fn::Sub can
// repeat its variables, so nested ones could double the text at each level.
// CloudFormation takes templates of at most 1 MB.
const maxText = 1 << 20

// Text returns the text that a value makes. References have the text that lookup
// returns, or else that of [Reference.String]. A function that this package does not
// evaluate stands as "Fn::Name(argument,...)", a map as "(name=value,...)", a list as
// "(item,...)".
func Text(v any, lookup Lookup) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		return "(" + strings.Join(texts(v, lookup), ",") + ")"
	case map[string]any:
		if inner, wrapped := v[jsiiMap]; wrapped {
			return Text(inner, lookup)
		}
		name, argument, isCall := call(v)
		if !isCall {
			var fields []string
			for _, name := range slices.Sorted(maps.Keys(v)) {
				fields = append(fields, name+"="+Text(v[name], lookup))
			}
			return "(" + strings.Join(fields, ",") + ")"
		}
		if text, ok := evaluate(name, argument, lookup); ok {
			return text
		}
		arguments, isList := argument.([]any)
		if !isList {
			arguments = []any{argument}
		}
		return name + "(" + strings.Join(texts(arguments, lookup), ",") + ")"
	}
	return ""
}

func texts(values []any, lookup Lookup) []string {
	all := make([]string, len(values))
	for i := range values {
		all[i] = Text(values[i], lookup)
	}
	return all
}

// call returns the function that a value calls, and its argument.
func call(v any) (name string, argument any, ok bool) {
	fields, _ := v.(map[string]any)
	if len(fields) != 1 {
		return "", nil, false
	}
	for name, argument := range fields {
		if name == Ref || strings.HasPrefix(name, "Fn::") {
			return name, argument, true
		}
	}
	return "", nil, false
}

// evaluate returns the text of a function. It reports false for one that it does not
// evaluate, and for one with other arguments than CloudFormation takes.
func evaluate(name string, argument any, lookup Lookup) (string, bool) {
	list, _ := argument.([]any)
	switch name {
	case Ref:
		id, ok := argument.(string)
		return resolve(Reference{Function: Ref, Name: id}, lookup), ok
	case GetAtt:
		if text, ok := argument.(string); ok {
			id, attribute, ok := strings.Cut(text, ".")
			return resolve(Reference{Function: GetAtt, Name: id, Attribute: attribute}, lookup), ok
		}
		if len(list) == 2 {
			r := Reference{Function: GetAtt, Name: Text(list[0], lookup), Attribute: Text(list[1], lookup)}
			return resolve(r, lookup), true
		}
	case ImportValue:
		return resolve(Reference{Function: ImportValue, Name: Text(argument, lookup)}, lookup), true
	case GetStackOutput:
		if fields, ok := argument.(map[string]any); ok {
			return resolve(Reference{
				Function: GetStackOutput, Name: Text(fields["StackName"], lookup), Attribute: Text(fields["OutputName"], lookup),
				Region: Text(fields["Region"], lookup), RoleARN: Text(fields["RoleArn"], lookup),
			}, lookup), true
		}
	case "Fn::Join":
		if len(list) == 2 {
			between, isText := list[0].(string)
			if items, ok := items(list[1], lookup); ok && isText {
				return strings.Join(items, between), true
			}
		}
	case "Fn::Sub":
		return substitute(argument, lookup)
	case "Fn::Select":
		if len(list) == 2 {
			return selected(list[0], list[1], lookup)
		}
	}
	return "", false
}

func resolve(r Reference, lookup Lookup) string {
	if lookup != nil {
		if text, ok := lookup(r); ok {
			return text
		}
	}
	return r.String()
}
