package sopsfile

// RuleType names a selection rule as the metadata does.
type RuleType string

// The six selection rules of SOPS.
const (
	UnencryptedSuffix       RuleType = "unencrypted_suffix"
	EncryptedSuffix         RuleType = "encrypted_suffix"
	UnencryptedRegex        RuleType = "unencrypted_regex"
	EncryptedRegex          RuleType = "encrypted_regex"
	UnencryptedCommentRegex RuleType = "unencrypted_comment_regex"
	EncryptedCommentRegex   RuleType = "encrypted_comment_regex"
)

// Rule is the one rule of a file that selects the values to encrypt. A file that
// names none has unencrypted_suffix "_unencrypted".
type Rule struct {
	Type RuleType
	// Pattern is the suffix or the regular expression.
	Pattern string
}
