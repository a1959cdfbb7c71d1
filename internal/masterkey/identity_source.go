package masterkey

import (
	"context"
	"fmt"
	"strings"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// The places of age identities, besides files with fixed names. All that exist
// count together.
const (
	envKey        = "SOPS_AGE_KEY"
	envKeyFile    = "SOPS_AGE_KEY_FILE"
	envKeyCommand = "SOPS_AGE_KEY_CMD"
	envSSHFile    = "SOPS_AGE_SSH_PRIVATE_KEY_FILE"
	envSSHCommand = "SOPS_AGE_SSH_PRIVATE_KEY_CMD"

	// envOrder is in which order the types of keys are tried.
	envOrder = "SOPS_DECRYPTION_ORDER"

	// envRecipient tells the two commands which recipient is asked for.
	envRecipient = "SOPS_AGE_RECIPIENT"
)

// identitySource is one place that was looked at, and what was there.
type identitySource struct {
	name string // a variable's name or a quoted path
	contents
	missing bool // not set, or no such file
	ssh     bool // it can only hold an SSH key
}

// contents is what is in one place.
type contents struct {
	identities []age.Identity
	plugins    []asked // identities of age plugins
	problem    string  // why something there is of no use; "" if nothing is
}

// asked is an identity of an age plugin, a program that may ask a person.
type asked interface {
	// open returns the data key that k wraps, or errNoFit, or why the plugin failed.
	open(ctx context.Context, k sopsfile.MasterKey) ([]byte, error)
}

// collection is what was found in all sources together.
type collection struct {
	identities []age.Identity
	plugins    []asked
	refusals   []string // of plugins
	given      int
	sources    []identitySource
}

// askPlugins opens an age entry with the identities of plugins, one after the other. Why
// they failed is noted.
func (c *collection) askPlugins(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	for _, p := range c.plugins {
		data, err := p.open(ctx, k)
		switch {
		case err == nil:
			return data, nil
		case ctx.Err() != nil:
			return nil, fmt.Errorf("not waited for: %w", ctx.Err())
		case err != errNoFit:
			c.refusals = append(c.refusals, err.Error())
		}
	}
	return nil, errNoFit
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
		if n := len(p.identities) + len(p.plugins); n > 0 || !p.missing && p.problem == "" {
			found = append(found, fmt.Sprintf("%d in %s", n, p.name))
		}
	}
	var b strings.Builder
	switch n := len(c.identities) + len(c.plugins); n {
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
	problems = append(problems, c.refusals...)
	if len(problems) > 0 {
		b.WriteString("; of no use: " + strings.Join(problems, ", "))
	}
	if len(missing) > 0 {
		b.WriteString("; not there: " + strings.Join(missing, ", "))
	}
	return b.String()
}
