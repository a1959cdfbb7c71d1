package assembly

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// literal is a place of a template where CloudFormation passes a dynamic reference on as
// text instead of the secret's value.
type literal struct {
	value    any
	location string
	what     string // for messages
	id       string // of the resource or output, or ""
	path     string // of the construct
}

// literalReferences finds dynamic references to secrets from files where CloudFormation
// does not replace them: its user guide names the properties of resources alone, and no
// custom resources. A description or a tag is a property whose readers expect text.
func (t *template) literalReferences() []Finding {
	var findings []Finding
	for _, place := range t.literals() {
		s := t.referred(place.value)
		if s == nil {
			continue
		}
		findings = append(findings, Finding{
			Rule: RuleLiteralReference, Severity: Warning, TemplatePath: t.Path,
			LogicalID: place.id, ConstructPath: place.path, Locations: []string{place.location},
			Description: fmt.Sprintf("%s refers to a value of the secret %s, where CloudFormation passes a dynamic reference on as text", place.what, s.name),
			Fix:         "pass the secret's ARN, and read the value at run time",
		})
	}
	return findings
}

func (t *template) literals() []literal {
	var places []literal
	for _, section := range []string{"Description", "Metadata", "Mappings", "Parameters"} {
		places = append(places, literal{t.Section(section), "/" + section, "the template's section " + section, "", t.constructPath})
	}
	for _, id := range slices.Sorted(maps.Keys(t.Outputs)) {
		places = append(places, literal{t.Outputs[id].Fields, "/Outputs/" + id, "the output " + id, id, t.constructPath})
	}
	for _, id := range t.ResourceIDs() {
		r := t.Resources[id]
		add := func(v any, at, what string) {
			places = append(places, literal{v, "/Resources/" + id + "/" + at, what + " of " + id, id, r.ConstructPath})
		}
		add(r.Metadata, "Metadata", "the metadata")
		if strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource" {
			for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
				add(r.Properties[name], "Properties/"+name, "the property "+name)
			}
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
			if strings.HasSuffix(name, "Tags") || strings.HasSuffix(name, "Description") {
				add(r.Properties[name], "Properties/"+name, "the property "+name)
			}
		}
	}
	return places
}

// referred returns the first secret from a file that a value takes something of by a
// dynamic reference, or nil.
func (t *template) referred(v any) *secret {
	if v == nil {
		return nil
	}
	for _, inner := range t.secretReferences(v) {
		if s, _, _ := t.splitReference(inner); s != nil {
			return s
		}
	}
	return nil
}

// secretReferences returns what the dynamic references to secrets in v say, as in
// ID:SecretString:KEY.
func (t *template) secretReferences(v any) []string {
	var all []string
	for _, text := range cfn.DynamicReferencesIn(v, t.lookup) {
		if inner, ok := strings.CutPrefix(strings.TrimSuffix(text, "}}"), "{{resolve:secretsmanager:"); ok {
			all = append(all, inner)
		}
	}
	return all
}
