package sopsconstructs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// decryptions are the files of an app that are being decrypted. The outcome is
// awaited once, before synthesis, so that files are decrypted side by side and all
// that fail are reported together.
//
// It is a validation of the app's root, which the CDK calls before it synthesizes.
type decryptions struct {
	started []decryption
	waited  int
	failed  error
}

// decryption is a construct that waits for its file.
type decryption struct {
	site   *site
	of     *synthfile.Decryption
	output render.Output
}

// start adds a construct that waits for its file.
func (d *decryptions) start(s *site, of *synthfile.Decryption, output render.Output) {
	d.started = append(d.started, decryption{s, of, output})
}

// wait waits for all files that were started, and returns what failed, each file
// with its reason once.
func (d *decryptions) wait() error {
	var messages, stacks []string
	noKey := false
	for _, each := range d.started[d.waited:] {
		_, err := each.of.Content(each.output)
		if err == nil {
			continue
		}
		noKey = noKey || errors.Is(err, synthfile.ErrNoKey)
		if stack := fmt.Sprintf("%q", each.site.stack.path); !slices.Contains(stacks, stack) {
			stacks = append(stacks, stack)
		}
		messages = append(messages, each.site.errorOf(err).Error())
	}
	d.waited = len(d.started)
	if messages != nil {
		d.failed = errors.New(strings.Join(append(messages, waysRound(stacks, noKey)), "\n"))
	}
	return d.failed
}

// waysRound says how to use the app in spite of files that cannot be used.
func waysRound(stacks []string, noKey bool) string {
	text := fmt.Sprintf("to go on with another stack than %s, name that one alone: cdk deploy -e STACK", strings.Join(stacks, ", "))
	if noKey {
		text += fmt.Sprintf("\nto synthesize without decrypting: -c %s=%s", contextDecrypt, decryptSkip)
	}
	return text
}

// Validate implements [constructs.IValidation]. It makes no request to jsii.
func (d *decryptions) Validate() *[]*string {
	if err := d.wait(); err != nil {
		return &[]*string{new(err.Error())}
	}
	return &[]*string{}
}
