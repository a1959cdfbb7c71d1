package assembly

import (
	"fmt"
	"os"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// What CloudFormation takes of one template. See "CloudFormation quotas" in its user
// guide. (The CDK itself counts the resources of a stack, before it writes a template.)
const (
	maxTemplate = 1_000_000 // bytes
	maxOutputs  = 200
)

// quotas finds a template that CloudFormation does not take, if it fills a secret:
// other templates are not this package's concern.
func (t *template) quotas() []Finding {
	if !t.fillsSecrets() {
		return nil
	}
	finding := Finding{Severity: Fatal, TemplatePath: t.Path, ConstructPath: t.constructPath}
	var findings []Finding
	if info, err := os.Stat(t.Path); err == nil && info.Size() > maxTemplate {
		finding.Rule = RuleTemplateSize
		finding.Description = fmt.Sprintf("the template has %d bytes, and CloudFormation takes %d", info.Size(), maxTemplate)
		finding.Fix = "split the stack"
		findings = append(findings, finding)
	}
	if n := len(t.Outputs); n > maxOutputs {
		finding.Rule = RuleOutputs
		finding.Description = fmt.Sprintf("the template has %d outputs, and CloudFormation takes %d; each secret that another stack refers to is one", n, maxOutputs)
		finding.Fix = "split the stack, or put those that read the secrets into it"
		findings = append(findings, finding)
	}
	return findings
}

func (t *template) fillsSecrets() bool {
	for _, r := range t.Resources {
		if r.Type == syncprotocol.ResourceType {
			return true
		}
	}
	return false
}
