package assembly

import (
	"regexp"
	"strings"
)

var partition = regexp.MustCompile(`^arn:(aws[a-z-]*|\$\{AWS::Partition\}):`)

// withoutPartition returns an ARN without its partition, which a template may name, or
// leave to the deploy. Other texts it returns unchanged.
func withoutPartition(text string) string {
	if !strings.HasPrefix(text, "arn:") {
		return text
	}
	return partition.ReplaceAllString(text, "arn::")
}

// arnOfName returns the ARN, without its last six characters, of the secret with a name
// in the account and region of the template.
func (t *template) arnOfName(name string) string {
	account, region := t.place()
	return "arn::secretsmanager:" + region + ":" + account + ":secret:" + name
}

// withoutPattern returns an ARN without the pattern that stands for the six characters
// that Secrets Manager adds to a secret's name.
func withoutPattern(arn string) string {
	for _, end := range []string{"-??????", "-*", "*"} {
		if name, found := strings.CutSuffix(arn, end); found {
			return name
		}
	}
	return arn
}

var (
	suffix = regexp.MustCompile(`^(arn::secretsmanager:.*)-([A-Za-z0-9]{6})$`)
	word   = regexp.MustCompile(`^[a-z]{6}$`)
)

// withoutSuffix returns the full ARN of a secret without the hyphen and the six
// characters that Secrets Manager adds. Six small letters are taken for a word of the
// name ("my-secret"): they are added to one secret in 180 alone.
func withoutSuffix(arn string) (string, bool) {
	m := suffix.FindStringSubmatch(arn)
	if m == nil || word.MatchString(m[2]) {
		return "", false
	}
	return m[1], true
}
