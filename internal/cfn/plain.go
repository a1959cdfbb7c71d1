package cfn

// jsiiMap is the field under which jsii passes a map.
const jsiiMap = "$jsii.map"

// Plain returns v with every function replaced by its text, as [Text] gives it, for
// printing. A function that this package does not evaluate stays a function. Maps that
// jsii wrapped are unwrapped. v itself is not changed.
func Plain(v any, lookup Lookup) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = Plain(v[i], lookup)
		}
		return list
	case map[string]any:
		if inner, wrapped := v[jsiiMap]; wrapped {
			return Plain(inner, lookup)
		}
		if name, argument, ok := call(v); ok {
			if text, ok := evaluate(name, argument, lookup); ok {
				return text
			}
		}
		fields := make(map[string]any, len(v))
		for name, value := range v {
			fields[name] = Plain(value, lookup)
		}
		return fields
	}
	return v
}
