package constructs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/cxapi"
)

// How many dynamic references CloudFormation takes in a template, and from how
// many on to warn. See "Considerations when using dynamic references" in the
// CloudFormation user guide.
const (
	maxReferences  = 60
	manyReferences = 50
)

// warnOfReferences writes a line to w for each template of the assembly that comes
// near the limit of dynamic references.
func warnOfReferences(w io.Writer, assembly cxapi.CloudAssembly) {
	for _, stack := range *assembly.StacksRecursively() {
		warnOfReferencesIn(w, *stack.TemplateFullPath(), fmt.Sprintf("%q", *stack.HierarchicalId()))
	}
}

// warnOfReferencesIn does so for one template, and those that are nested in it. A
// template that cannot be read is left to the cdk command.
func warnOfReferencesIn(w io.Writer, path, stack string) {
	content, err := os.ReadFile(path)
	if err != nil {
		return
	}
	var template map[string]any
	resolves := bytes.Count(content, []byte("{{resolve:")) >= manyReferences
	nests := bytes.Contains(content, []byte(`"AWS::CloudFormation::Stack"`))
	if !resolves && !nests || json.Unmarshal(content, &template) != nil {
		return
	}
	found := map[string]bool{}
	findReferences(template, found)
	if n := len(found); n >= manyReferences {
		fmt.Fprintf(w, "warning: the template of stack %s has %d dynamic references, and CloudFormation takes %d; read secrets at run time, or split the stack\n",
			stack, n, maxReferences)
	}
	resources, _ := template["Resources"].(map[string]any)
	for id, r := range resources {
		r, _ := r.(map[string]any)
		metadata, _ := r["Metadata"].(map[string]any)
		if nested, ok := metadata["aws:asset:path"].(string); ok && r["Type"] == "AWS::CloudFormation::Stack" {
			warnOfReferencesIn(w, filepath.Join(filepath.Dir(path), nested), fmt.Sprintf("%q in %s", id, stack))
		}
	}
}

var reference = regexp.MustCompile(`\{\{resolve:.*?\}\}`)

// findReferences adds the dynamic references in v to found, each once.
func findReferences(v any, found map[string]bool) {
	switch v := v.(type) {
	case string:
		for _, text := range reference.FindAllString(v, -1) {
			found[text] = true
		}
	case []any:
		for _, item := range v {
			findReferences(item, found)
		}
	case map[string]any:
		if text, ok := joined(v); ok {
			findReferences(text, found)
			return
		}
		for _, item := range v {
			findReferences(item, found)
		}
	}
}

// joined is the text that Fn::Join or Fn::Sub makes, with what only CloudFormation
// knows as it stands in the template.
func joined(call map[string]any) (string, bool) {
	if list, ok := call["Fn::Join"].([]any); ok && len(list) == 2 {
		between, isText := list[0].(string)
		items, isList := list[1].([]any)
		if !isText || !isList {
			return "", false
		}
		parts := make([]string, len(items))
		for i := range items {
			parts[i] = literal(items[i])
		}
		return strings.Join(parts, between), true
	}
	if list, ok := call["Fn::Sub"].([]any); ok && len(list) == 2 {
		text, isText := list[0].(string)
		variables, isMap := list[1].(map[string]any)
		if !isText || !isMap {
			return "", false
		}
		for name, value := range variables {
			text = strings.ReplaceAll(text, "${"+name+"}", literal(value))
		}
		return text, true
	}
	return "", false
}

// literal is v as text: of a call the text it makes, or the call itself without braces,
// which would end the reference that it stands in.
func literal(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if text, ok := joined(v); ok {
			return text
		}
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was JSON before
	}
	return strings.NewReplacer("{", "(", "}", ")").Replace(string(encoded))
}
