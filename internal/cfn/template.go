package cfn

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Template is a CloudFormation template. What does not have the shape that
// CloudFormation asks for is left out: other tools report it.
type Template struct {
	// Path is the file of the template.
	Path       string
	Resources  map[string]Resource
	Outputs    map[string]Output
	Parameters map[string]Parameter

	document map[string]any
}

// Resource is a resource of a template.
type Resource struct {
	Type       string
	Properties map[string]any
	Metadata   map[string]any
	// ConstructPath is the path of the CDK construct, or "" where the app writes no
	// such metadata.
	ConstructPath string
	// AssetPath is the file of the asset, relative to the folder of the template: of a
	// nested stack its template. It is "" where the app writes no such metadata.
	AssetPath string
	DependsOn []string
}

// Output is an output of a template.
type Output struct {
	Value any
	// ExportName is the name of the export, a value of a template too; nil for an output
	// that is not exported.
	ExportName any
	// Fields are all that the template says of the output.
	Fields map[string]any
}

// Parameter is a parameter of a template.
type Parameter struct {
	Type    string
	Default any
}

// Read reads the template in a file. Errors name the file, and nothing of its content.
func Read(path string) (*Template, error) {
	content, err := ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read template: %w; synthesize the app again", err)
	}
	t := &Template{Path: path}
	if json.Unmarshal(content, &t.document) != nil || t.document == nil {
		return nil, fmt.Errorf("template %q is not a JSON object; synthesize the app again", path)
	}
	t.Resources = section(t.document, "Resources", newResource)
	t.Outputs = section(t.document, "Outputs", func(fields map[string]any) Output {
		export, _ := fields["Export"].(map[string]any)
		return Output{Value: fields["Value"], ExportName: export["Name"], Fields: fields}
	})
	t.Parameters = section(t.document, "Parameters", func(fields map[string]any) Parameter {
		kind, _ := fields["Type"].(string)
		return Parameter{Type: kind, Default: fields["Default"]}
	})
	return t, nil
}

// section returns a section of a template, each of its objects as decode reads it.
func section[T any](document map[string]any, name string, decode func(map[string]any) T) map[string]T {
	all := map[string]T{}
	objects, _ := document[name].(map[string]any)
	for id, object := range objects {
		if fields, ok := object.(map[string]any); ok {
			all[id] = decode(fields)
		}
	}
	return all
}

func newResource(fields map[string]any) Resource {
	var r Resource
	r.Type, _ = fields["Type"].(string)
	r.Properties, _ = fields["Properties"].(map[string]any)
	r.Metadata, _ = fields["Metadata"].(map[string]any)
	r.ConstructPath, _ = r.Metadata["aws:cdk:path"].(string)
	r.AssetPath, _ = r.Metadata["aws:asset:path"].(string)
	for _, id := range List(fields["DependsOn"]) {
		if id, ok := id.(string); ok {
			r.DependsOn = append(r.DependsOn, id)
		}
	}
	return r
}

// ResourceIDs returns the logical ids of the resources, sorted.
func (t *Template) ResourceIDs() []string { return slices.Sorted(maps.Keys(t.Resources)) }

// Section returns a section of the template as it stands, such as "Mappings"; nil where it
// has none.
func (t *Template) Section(name string) any { return t.document[name] }

// DynamicReferences returns the dynamic references of the whole template, as the
// function of that name does.
func (t *Template) DynamicReferences() []string { return DynamicReferences(t.document) }

// List returns the items of a list, or one value as a list of one: policies and
// DependsOn take both. Of nil it returns nil.
func List(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}
