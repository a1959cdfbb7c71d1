// Package cfn reads CloudFormation templates as data: the text that a value makes
// ([Text], [Plain]), the dynamic references in it ([DynamicReferences]), and the
// parts of a template ([Template]).
//
// Values are what encoding/json decodes: string, float64, bool, nil, []any and
// map[string]any. What only a deploy knows stands in a text as Fn::Sub writes it:
// "${Id}" and "${Id.Attribute}".
package cfn
