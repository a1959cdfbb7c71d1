package sopsconstructs

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// decryptions are the files of an app that are being decrypted. The outcome is
// awaited once, before synthesis, so that files are decrypted side by side and all
// that fail are reported together.
//
// It is a validation of the app's root, which the CDK calls before it synthesizes.
type decryptions struct {
	files   *synthfile.Files
	started []decryption
	waited  int
	failed  error
	// quoted are the files whose values have quotes that land with them.
	quoted []assembly.Finding
}

// decryption is a construct that waits for its file.
type decryption struct {
	site  *site
	of    *synthfile.Opening
	lands landing
}

// start adds a construct that waits for its file.
func (d *decryptions) start(s *site, of *synthfile.Opening, lands landing) {
	if len(d.started) == 0 && os.Getenv(keyService) != "" { // once for the app
		s.warn("keyservice", unusedKeyService)
	}
	d.started = append(d.started, decryption{s, of, lands})
}

const (
	// How many failed files, and how many constructs of each, are named.
	mostFiles      = 20
	mostConstructs = 3
)

// wait waits for all files that were started, and returns what failed: each file with
// its reason once, and the constructs that take it.
func (d *decryptions) wait() error {
	var reasons []string // in the order of the constructs
	constructs := map[string][]*site{}
	var stacks []string
	noKey := false
	defer showProgress(d.count)()
	for _, each := range d.started[d.waited:] {
		err := each.of.Check(each.lands.fits)
		if err == nil {
			d.checkQuotes(each)
			continue
		}
		noKey = noKey || errors.Is(err, synthfile.ErrNoKey)
		reason := err.Error()
		if constructs[reason] == nil {
			reasons = append(reasons, reason)
		}
		constructs[reason] = append(constructs[reason], each.site)
		if stack := fmt.Sprintf("%q", each.site.stack.path); !slices.Contains(stacks, stack) {
			stacks = append(stacks, stack)
		}
	}
	d.waited = len(d.started)
	d.files.Forget() // the data keys
	if reasons == nil {
		return d.failed
	}
	var lines []string
	for _, reason := range reasons[:min(mostFiles, len(reasons))] {
		sites := constructs[reason]
		lines = append(lines, sites[0].messageOf(errors.New(reason)))
		if location := sites[0].location; location != "" {
			lines = append(lines, "  made at "+location)
		}
		if others := sites[1:]; len(others) > 0 {
			lines = append(lines, "  the same for "+list(others))
		}
	}
	if more := len(reasons) - mostFiles; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more files", more))
	}
	// Each names its file, or several; what helps comes last, and is not cut off.
	d.failed = errors.New(filetext.Message(strings.Join(lines, "\n")) + "\n" + waysRound(stacks, noKey))
	return d.failed
}

// ruleQuotedValue is about values of a dotenv file with quotes around them.
const ruleQuotedValue = "quoted-value"

// checkQuotes notes a file whose values have quotes that sops keeps. What sops prints
// (OutputRaw) has them too.
func (d *decryptions) checkQuotes(each decryption) {
	if each.lands.output.Mode == render.Raw {
		return
	}
	for _, file := range each.of.Decryptions() {
		if names := file.Quoted(); len(names) > 0 {
			d.noteQuotes(each.site, file, names)
		}
	}
}

func (d *decryptions) noteQuotes(s *site, file *synthfile.Decryption, names []string) {
	d.quoted = append(d.quoted, assembly.Finding{
		Rule: ruleQuotedValue, Severity: assembly.Warning, ConstructPath: s.path,
		Description: fmt.Sprintf("the quotes around values of %s land as a part of the secret, since sops keeps them in a dotenv file: %s", file.Path(), filetext.Few(names, mostQuoted)),
		Fix:         "take the quotes out with sops edit, or acknowledge this rule if they belong to the value",
	})
}

// mostQuoted is how many names of quoted values are printed.
const mostQuoted = 5

// each returns the decryptions of single files, each once.
func (d *decryptions) each() []*synthfile.Decryption {
	var all []*synthfile.Decryption
	seen := map[*synthfile.Decryption]bool{}
	for _, started := range d.started {
		for _, file := range started.of.Decryptions() {
			if !seen[file] {
				seen[file] = true
				all = append(all, file)
			}
		}
	}
	return all
}

// clear overwrites what was decrypted. Nothing is decrypted afterwards.
func (d *decryptions) clear() {
	for _, file := range d.each() {
		file.Clear()
	}
	d.started, d.waited = nil, 0
}

// count returns how many files are decrypted, and how many there are.
func (d *decryptions) count() (done, all int) {
	files := d.each()
	for _, file := range files {
		if file.Done() {
			done++
		}
	}
	return done, len(files)
}

// list names a few constructs and says how many more there are.
func list(sites []*site) string {
	var names []string
	for _, s := range sites[:min(mostConstructs, len(sites))] {
		names = append(names, fmt.Sprintf("%q", s.path))
	}
	if more := len(sites) - mostConstructs; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

const (
	keyService       = "SOPS_KEYSERVICE"
	unusedKeyService = keyService + " is set, and synth does not use the key service: it decrypts with the age identities and the AWS credentials of this machine."
)

// waysRound says how to use the app in spite of files that cannot be used.
func waysRound(stacks []string, noKey bool) string {
	if more := len(stacks) - mostConstructs; more > 0 {
		stacks = append(slices.Clone(stacks[:mostConstructs]), fmt.Sprintf("%d more", more))
	}
	text := fmt.Sprintf("to go on with another stack than %s, name that one alone: cdk deploy -e STACK", strings.Join(stacks, ", "))
	if noKey {
		text += fmt.Sprintf("\nto synthesize without decrypting: -c %s=%s", contextDecrypt, decryptSkip)
		if os.Getenv(keyService) != "" {
			text += "\n" + unusedKeyService
		}
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
