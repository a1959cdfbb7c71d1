package assembly

import "fmt"

// Stack is a top-level stack of the assembly. Its nested stacks are found through its
// template.
type Stack struct {
	TemplatePath string
	// ConstructPath, Account and Region are, where they are "", what the manifest beside
	// the template says. Account and Region stay "" where only a deploy knows them.
	ConstructPath, Account, Region string
}

// Known is a secret that is filled from a file elsewhere, and imported by a construct
// of this app.
type Known struct {
	ConstructPath string
	// StackPath is the path of the construct's stack. It is needed only where ARN or
	// KeyARN refer to something in that stack's template.
	StackPath string
	// ARN is the secret's full ARN, or the ARN with its name followed by "-??????". It is
	// a string, or a function as it stands in a template.
	ARN any
	// KeyARN is the ARN of the customer-managed key that encrypts the secret, in the same
	// forms. It is nil or "" where there is none.
	KeyARN any
	// Names are the names of its keys; nil where they are not known.
	Names []string
}

// Check applies all rules to an assembly, and returns what they find: stack by stack
// as given, a nested stack behind its parent, in an order that is the same each time.
//
// It returns an error for the template of a stack that cannot be read: nobody could
// deploy it. Whatever else is missing or has another shape is passed over, such as the
// template of a nested stack that is not in the assembly: then less is found.
func Check(stacks []Stack, known []Known) ([]Finding, error) {
	w, err := read(stacks, known)
	if err != nil {
		return nil, err
	}

	var findings []Finding
	for _, t := range w.templates {
		findings = append(findings, t.dynamicReferences()...)
		findings = append(findings, t.exportedVersions()...)
		findings = append(findings, t.literalReferences()...)
		findings = append(findings, t.quotas()...)
		for _, id := range t.ResourceIDs() {
			findings = append(findings, t.writers(id)...)
			findings = append(findings, t.readersWithoutDecrypt(id)...)
			uses := t.uses(id)
			findings = append(findings, t.readersWithoutRight(id, uses)...)
			findings = append(findings, t.unknownKeys(id, uses)...)
			findings = append(findings, t.incompleteARNs(id, uses)...)
		}
	}
	return distinct(findings), nil
}

// read reads the stacks and makes all indexes.
func read(stacks []Stack, known []Known) (*world, error) {
	w := newWorld()
	for _, s := range stacks {
		if err := w.addStack(s); err != nil {
			return nil, err
		}
	}
	w.indexLinks()
	w.indexHolders()
	w.indexSecrets()
	w.addKnown(known)
	w.indexPolicies()
	w.indexReaders()
	return w, nil
}

// distinct returns the findings without those that are the same: nested stacks may have
// one template.
func distinct(findings []Finding) []Finding {
	seen := map[string]bool{}
	var kept []Finding
	for _, f := range findings {
		if text := fmt.Sprintf("%q", f); !seen[text] {
			seen[text] = true
			kept = append(kept, f)
		}
	}
	return kept
}
