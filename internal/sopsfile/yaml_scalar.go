package sopsfile

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"
)

// yamlKey is the name of an entry. sops has string names alone.
func yamlKey(key, value *yaml.Node) (string, error) {
	if key.Kind != yaml.ScalarNode {
		return "", errYAMLKey
	}
	switch key.ShortTag() {
	case "!!str":
		return key.Value, nil
	case "!!merge":
		if key.Value == "<<" {
			return key.Value, checkMerge(value)
		}
	}
	return "", errYAMLKey
}

// checkMerge refuses what the official reader refuses: it decodes the first
// document once into Go maps, and that wants maps to merge.
func checkMerge(n *yaml.Node) error {
	isMap := func(n *yaml.Node) bool {
		return n.Kind == yaml.MappingNode || n.Kind == yaml.AliasNode && n.Alias != nil && n.Alias.Kind == yaml.MappingNode
	}
	if isMap(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return errYAMLMerge
	}
	for _, item := range n.Content {
		if !isMap(item) {
			return errYAMLMerge
		}
	}
	return nil
}

// yamlScalar reads a scalar's kind and canonical text.
func yamlScalar(kid *node, n *yaml.Node) error {
	if n.Tag == "!!str" {
		kid.kind, kid.text = String, []byte(n.Value)
		return nil
	}
	var v any
	if n.Decode(&v) != nil {
		return errYAMLValue
	}
	switch v := v.(type) {
	case nil:
		kid.kind = Null
	case string:
		kid.kind, kid.text = String, []byte(v)
	case int:
		kid.kind, kid.text = Int, fmt.Append(nil, v)
	case float64:
		kid.kind, kid.text = Float, formatFloat(v)
	case bool:
		kid.kind, kid.text = Bool, formatBool(v)
	case time.Time:
		text, err := v.MarshalText()
		if err != nil {
			return errYAMLValue
		}
		kid.kind, kid.text = Time, text
	default:
		return errYAMLValue
	}
	return nil
}
