package filepolicy

// The rules, as violations and reports name them.
const (
	RuleAllowedKeys        = "file-allowed-keys"
	RuleRequiredRecipients = "file-required-recipients"
	RuleRegions            = "file-regions"
	RuleKeyTypes           = "file-key-types"
	RuleAWSProfile         = "file-aws-profile"
	RuleCreationRules      = "file-creation-rules"
	// RuleKeyAge is the one whose violation is a warning.
	RuleKeyAge = "file-key-age"
)

// Rules returns the names of all rules.
func Rules() []string {
	return []string{RuleAllowedKeys, RuleRequiredRecipients, RuleRegions, RuleKeyTypes, RuleAWSProfile, RuleCreationRules, RuleKeyAge}
}

// Violation is a rule that a file breaks.
type Violation struct {
	// Rule is one of [Rules].
	Rule string
	// Description says what is wrong with which file, and Fix what to do about it. Neither has
	// a full stop, and both can be printed.
	Description, Fix string
	// Warning says that the file may be used nevertheless: what is wrong depends on the clock.
	Warning bool
}

// Broken returns the violations that are no warnings.
func Broken(violations []Violation) []Violation {
	var broken []Violation
	for _, v := range violations {
		if !v.Warning {
			broken = append(broken, v)
		}
	}
	return broken
}
