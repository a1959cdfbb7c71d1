package cfn

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// dynamicReference is a reference to the end of its braces; what only a deploy knows
// may stand inside as "${Id}".
var dynamicReference = regexp.MustCompile(`\{\{resolve:(?:\$\{[^{}]*\}|[^}]|\}[^}])*?\}\}`)

// DynamicReferences returns the dynamic references ("{{resolve:...}}") in a value,
// sorted, each different one once. One that Fn::Join or Fn::Sub puts together is the
// same as one with the same text that stands in one piece.
func DynamicReferences(v any) []string { return DynamicReferencesIn(v, nil) }

// DynamicReferencesIn is [DynamicReferences] with the text that lookup returns for what
// a reference is put together from.
func DynamicReferencesIn(v any, lookup Lookup) []string {
	found := map[string]bool{}
	findDynamicReferences(v, lookup, found)
	return slices.Sorted(maps.Keys(found))
}

func findDynamicReferences(v any, lookup Lookup, found map[string]bool) {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "{{resolve:") {
			for _, text := range dynamicReference.FindAllString(v, -1) {
				found[text] = true
			}
		}
	case []any:
		for _, item := range v {
			findDynamicReferences(item, lookup, found)
		}
	case map[string]any:
		if _, _, ok := call(v); ok {
			findDynamicReferences(Text(v, lookup), lookup, found)
			return
		}
		for _, item := range v {
			findDynamicReferences(item, lookup, found)
		}
	}
}
