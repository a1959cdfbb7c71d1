package masterkey

import (
	"fmt"
	"strings"

	"filippo.io/age"
)

// The places of age identities, besides files with fixed names. All that exist
// count together.
const (
	envKey        = "SOPS_AGE_KEY"
	envKeyFile    = "SOPS_AGE_KEY_FILE"
	envKeyCommand = "SOPS_AGE_KEY_CMD"
	envSSHFile    = "SOPS_AGE_SSH_PRIVATE_KEY_FILE"
	envSSHCommand = "SOPS_AGE_SSH_PRIVATE_KEY_CMD"

	// envRecipient tells the two commands which recipient is asked for.
	envRecipient = "SOPS_AGE_RECIPIENT"
)

// identitySource is one place that was looked at, and what was there.
type identitySource struct {
	name       string // a variable's name or a quoted path
	identities []age.Identity
	missing    bool   // not set, or no such file
	problem    string // why something there is of no use; "" if nothing is
	ssh        bool   // it can only hold an SSH key
}

// collection is what was found in all sources together.
type collection struct {
	identities []age.Identity
	given      int
	sources    []identitySource
}

// explain says that nothing fits recipient, where was looked, how much was found
// there, and what was of no use. It names no identity.
func (c collection) explain(recipient string) string {
	var found, missing, problems []string
	if c.given > 0 {
		found = append(found, fmt.Sprintf("%d given by the app", c.given))
	}
	ssh := strings.HasPrefix(recipient, "ssh-")
	for _, p := range c.sources {
		switch {
		case p.missing:
			missing = append(missing, p.name)
		case p.problem != "" && (ssh || !p.ssh):
			problems = append(problems, p.name+": "+p.problem)
		}
		if n := len(p.identities); n > 0 || !p.missing && p.problem == "" {
			found = append(found, fmt.Sprintf("%d in %s", n, p.name))
		}
	}
	var b strings.Builder
	switch n := len(c.identities); n {
	case 0:
		b.WriteString("no age identity was found")
	case 1:
		b.WriteString("the one age identity that was found does not fit this recipient")
	default:
		fmt.Fprintf(&b, "none of the %d age identities that were found fits this recipient", n)
	}
	if len(found) > 0 {
		b.WriteString(" (" + strings.Join(found, ", ") + ")")
	}
	if len(problems) > 0 {
		b.WriteString("; of no use: " + strings.Join(problems, ", "))
	}
	if len(missing) > 0 {
		b.WriteString("; not there: " + strings.Join(missing, ", "))
	}
	return b.String()
}
