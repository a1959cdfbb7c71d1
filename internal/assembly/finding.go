package assembly

// Severity says what a finding does to a synthesis.
type Severity string

const (
	// Fatal makes the synthesis fail.
	Fatal Severity = "fatal"
	// Error makes the synthesis fail, unless it is acknowledged.
	Error Severity = "error"
	// Warning is printed.
	Warning Severity = "warning"
)

// The rules that [Check] applies.
const (
	RuleExportedVersion      = "exported-version"
	RuleDynamicReferences    = "dynamic-references"
	RuleLiteralReference     = "literal-reference"
	RuleWriter               = "writer"
	RuleReaderWithoutDecrypt = "reader-without-decrypt"
	RuleReaderWithoutRight   = "reader-without-right"
	RuleIncompleteARN        = "incomplete-arn"
	RuleUnknownKey           = "unknown-key"
	RuleTemplateSize         = "template-size"
	RuleOutputs              = "outputs"
	// RuleUnreadable is about a template that cannot be read: see the error of [Check].
	RuleUnreadable = "unreadable"
)

// Rules returns the names of all rules.
func Rules() []string {
	return []string{RuleExportedVersion, RuleDynamicReferences, RuleLiteralReference, RuleWriter, RuleReaderWithoutDecrypt, RuleReaderWithoutRight, RuleUnknownKey, RuleIncompleteARN, RuleTemplateSize, RuleOutputs, RuleUnreadable}
}

// Finding is something in the assembly that the user should change.
type Finding struct {
	// Rule is one of [Rules].
	Rule     string
	Severity Severity
	// Description says what is wrong, and Fix what to do about it. Neither has a full stop.
	Description, Fix string
	// TemplatePath is the file of the template.
	TemplatePath string
	// LogicalID is the resource or the output; "" where the finding is about the template.
	LogicalID string
	// ConstructPath is the path of the resource's construct, or of the stack for an output
	// or a template. It is "" where the app writes no such metadata.
	ConstructPath string
	// Locations are the places in the template, such as
	// "/Resources/Policy/Properties/PolicyDocument/Statement/0".
	Locations []string
}
