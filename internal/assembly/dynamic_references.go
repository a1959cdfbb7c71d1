package assembly

import "fmt"

// How many dynamic references CloudFormation takes in a template, and from how many on
// to warn. See "Considerations when using dynamic references" in the CloudFormation
// user guide.
const (
	maxReferences  = 60
	manyReferences = 50
)

// dynamicReferences finds a template that comes near the limit of dynamic references.
func (t *template) dynamicReferences() []Finding {
	n := len(t.DynamicReferences())
	if n < manyReferences {
		return nil
	}
	return []Finding{{
		Rule: RuleDynamicReferences, Severity: Warning, TemplatePath: t.Path, ConstructPath: t.constructPath,
		Description: fmt.Sprintf("the template has %d dynamic references, and CloudFormation takes %d", n, maxReferences),
		Fix:         "read secrets at run time, or split the stack",
	}}
}
