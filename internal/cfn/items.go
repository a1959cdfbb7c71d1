package cfn

import (
	"strconv"
	"strings"
)

// items returns the texts of a list, or of a Fn::Split whose parts are known.
func items(v any, lookup Lookup) ([]string, bool) {
	if list, ok := v.([]any); ok {
		return texts(list, lookup), true
	}
	name, argument, _ := call(v)
	arguments, _ := argument.([]any)
	if name != "Fn::Split" || len(arguments) != 2 {
		return nil, false
	}
	between, ok := arguments[0].(string)
	if !ok || between == "" {
		return nil, false
	}
	parts := split(Text(arguments[1], lookup), between)
	for _, part := range parts {
		if !fixed(part) {
			return nil, false
		}
	}
	return parts, true
}

// selected returns the text of Fn::Select. Of a Fn::Split, the parts up to the selected
// one must be known.
func selected(index, list any, lookup Lookup) (string, bool) {
	i, err := strconv.Atoi(Text(index, lookup))
	if err != nil || i < 0 {
		return "", false
	}
	var parts []string
	name, argument, _ := call(list)
	arguments, _ := argument.([]any)
	if name == "Fn::Split" && len(arguments) == 2 {
		between, _ := arguments[0].(string)
		if between == "" {
			return "", false
		}
		parts = split(Text(arguments[1], lookup), between)
		for _, part := range parts[:min(i+1, len(parts))] {
			if !fixed(part) {
				return "", false
			}
		}
	} else if literal, ok := list.([]any); ok {
		if i < len(literal) {
			return Text(literal[i], lookup), true
		}
	}
	if i >= len(parts) {
		return "", false
	}
	return parts[i], true
}

// split splits text where between stands outside of "${...}".
func split(text, between string) []string {
	var parts []string
	start := 0
	for i := 0; i < len(text); {
		switch {
		case strings.HasPrefix(text[i:], "${"):
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				end = len(text) - i - 1
			}
			i += end + 1
		case strings.HasPrefix(text[i:], between):
			parts = append(parts, text[start:i])
			i += len(between)
			start = i
		default:
			i++
		}
	}
	return append(parts, text[start:])
}

// fixed reports whether a part of a split text has no reference that could itself hold
// what the text was split at. Pseudo parameters such as the partition hold no
// separator.
func fixed(part string) bool {
	return !strings.Contains(strings.ReplaceAll(part, "${AWS::", ""), "${")
}
