package assembly

import (
	"fmt"
	"strings"
)

// incompleteARNs finds secrets that ECS or Batch is to read by anything but the complete
// ARN, as with the CDK's own Secret.fromSecretsManager of one that was imported by its name:
// they find none, and the task does not start (aws/aws-cdk#20744). A name alone is that of a
// parameter of SSM to them.
func (t *template) incompleteARNs(id string, uses []use) []Finding {
	if kind := t.Resources[id].Type; kind != "AWS::ECS::TaskDefinition" && kind != "AWS::Batch::JobDefinition" {
		return nil
	}
	var findings []Finding
	for _, u := range uses {
		if !u.reads {
			continue
		}
		s, named, _ := t.splitReference(u.text)
		if s == nil || strings.HasPrefix(named, "${#") {
			continue
		}
		if _, complete := withoutSuffix(named); complete {
			continue
		}
		findings = append(findings, Finding{
			Rule: RuleIncompleteARN, Severity: Error, TemplatePath: t.Path,
			LogicalID: id, ConstructPath: t.Resources[id].ConstructPath, Locations: []string{u.location},
			Description: fmt.Sprintf("%s names the secret of %s without the six characters at the end of its ARN, and is not found by that", u.what, s.name),
			Fix:         "import the secret by SecretCompleteArn",
		})
	}
	return findings
}
