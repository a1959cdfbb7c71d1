package assembly

import (
	"maps"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// exportedVersions finds what hands the version of a synced secret to other stacks by
// a value that cannot change while one uses it. The constructs themselves do not; an
// app that makes an output of a reference may.
func (t *template) exportedVersions() []Finding {
	var findings []Finding
	for _, id := range slices.Sorted(maps.Keys(t.Outputs)) {
		if output := t.Outputs[id]; output.ExportName != nil && t.hasVersion(output.Value) {
			findings = append(findings, Finding{
				Rule: RuleExportedVersion, Severity: Fatal, TemplatePath: t.Path,
				LogicalID: id, ConstructPath: t.constructPath, Locations: []string{"/Outputs/" + id + "/Value"},
				Description: "exports the version of a synced secret: CloudFormation refuses to change an export that another stack uses, so the secret could then not change",
				Fix:         "export the secret's ARN instead",
			})
		}
	}
	for _, id := range t.ResourceIDs() {
		exports := t.carries(id)
		for _, name := range slices.Sorted(maps.Keys(exports)) {
			if t.hasVersion(exports[name]) {
				findings = append(findings, Finding{
					Rule: RuleExportedVersion, Severity: Fatal, TemplatePath: t.Path,
					LogicalID: id, ConstructPath: t.Resources[id].ConstructPath, Locations: []string{"/Resources/" + id + "/Properties/WriterProps/exports"},
					Description: "carries the version of a synced secret to another region: the CDK writes such a value once, so the other region would keep the first version",
					Fix:         "use the secret's ARN there instead",
				})
				break
			}
		}
	}
	return findings
}

// hasVersion reports whether the text of a value contains the version of a synced
// secret.
func (t *template) hasVersion(value any) bool {
	text := t.text(value)
	if !strings.Contains(text, "."+syncprotocol.AttrVersionID+"}") {
		return false
	}
	for _, token := range reference.FindAllString(text, -1) {
		if t.world.versions[token] {
			return true
		}
	}
	return false
}
