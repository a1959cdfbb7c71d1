package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// diffReport is what diff finds between two versions of a file. It is the JSON that it prints.
type diffReport struct {
	File string `json:"file"`
	// Old and New say which versions they are.
	Old string `json:"old"`
	New string `json:"new"`
	*synthfile.Difference
	// Form says that what is live holds the same values in another form, and Hint which
	// output renders just what it holds.
	Form string `json:"form,omitempty"`
	Hint string `json:"hint,omitempty"`
}

func (r *diffReport) same() bool { return r.Empty() && r.Form == "" }

func newDiff() *cobra.Command {
	var format sopsfile.Format
	var style styleFlags
	var kms bool
	var live liveOptions
	c := &cobra.Command{
		Use:   "diff FILE [REV]",
		Short: "Say which names, recipients and roles differ between two versions, or from what is live",
		Long: "Compares the file with its version in a commit, HEAD if not given, and names the values\n" +
			"that were added, removed, changed or encrypted again, and the master keys and roles that\n" +
			"were added or removed. REV may be OLD..NEW, or OLD...NEW, which begins where the two parted.\n\n" +
			"Values are never printed, and nothing is decrypted, except after sops rotate: then the age\n" +
			"identities of this machine, and with --kms its AWS credentials, tell which values changed.\n\n" +
			"With --secret or --parameters, it decrypts the file, calls AWS, and compares what lands with\n" +
			"what is live. What is in the file alone is \"added\".\n\n" +
			"It exits with 1 if there is a difference.",
		Example: "  sopscdk diff sops/app.sops.yaml\n  sopscdk diff sops/app.sops.yaml origin/main...HEAD --markdown\n  sopscdk diff sops/app.sops.yaml --secret dev/app",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			report, err := diffOf(c, args, format, kms, live)
			if err != nil {
				return err
			}
			if err := report.print(c.OutOrStdout(), style); err != nil {
				return err
			}
			if !report.same() {
				return errFound
			}
			return nil
		},
	}
	addFormat(c, &format)
	addStyle(c, &style)
	c.Flags().BoolVar(&kms, "kms", false, "ask KMS where a version must be decrypted")
	c.Flags().StringVar(&live.secret, "secret", "", "compare with the secret of this `NAME` or ARN")
	c.Flags().StringVar(&live.parameters, "parameters", "", "compare with the parameters below this `PREFIX`")
	addOutput(c, &live.output)
	c.Flags().StringVar(&live.value, "value", "", "what lands is the value of this `NAME`")
	c.Flags().StringVar(&live.naming.Separator, "separator", "", "the `TEXT` between the parts of a parameter's name; a slash if not given")
	c.Flags().BoolVar(&live.naming.SkipEmpty, "skip-empty", false, "values without text make no parameter (OnEmptySkip)")
	c.MarkFlagsMutuallyExclusive("secret", "parameters", "kms")
	c.MarkFlagsMutuallyExclusive("output", "value")
	return c
}

// diffOf compares what the arguments and flags say.
func diffOf(c *cobra.Command, args []string, format sopsfile.Format, kms bool, o liveOptions) (*diffReport, error) {
	switch isLive := o.secret != "" || o.parameters != ""; {
	case isLive && len(args) == 2:
		return nil, usagef("what is live is compared with the file as it is; leave out %q", args[1])
	case o.secret == "" && (o.output != "" || o.value != ""):
		return nil, usagef("--output and --value say what lands in a --secret")
	case o.parameters == "" && (o.naming.Separator != "" || o.naming.SkipEmpty):
		return nil, usagef("--separator and --skip-empty say how --parameters are made")
	case o.secret != "":
		return diffWithSecret(c.Context(), args[0], format, o)
	case o.parameters != "":
		o.naming.Prefix = o.parameters
		return diffWithParameters(c.Context(), args[0], format, o)
	}
	rev := "HEAD"
	if len(args) == 2 {
		rev = args[1]
	}
	return diffInGit(args[0], rev, format, kms)
}

// diffInGit compares the versions of a file that a revision stands for.
func diffInGit(file, rev string, format sopsfile.Format, kms bool) (*diffReport, error) {
	before, after, err := versions(file, rev)
	if err != nil {
		return nil, err
	}
	files := openFiles(kms)
	defer files.Forget()
	old, err := before.read(files, file, format)
	if err != nil {
		return nil, err
	}
	now, err := after.read(files, file, format)
	if err != nil {
		return nil, err
	}
	if old == nil && now == nil {
		return nil, fmt.Errorf("%s is neither in %s nor in %s", shown(file), before, after)
	}
	difference, err := synthfile.Compare(old, now)
	if err != nil {
		return nil, err
	}
	return &diffReport{File: file, Old: before.String(), New: after.String(), Difference: difference}, nil
}

func (r *diffReport) print(w io.Writer, style styleFlags) error {
	p := &printer{w: w}
	switch {
	case style.json:
		return printJSON(w, r)
	case style.markdown:
		r.markdown(p)
	default:
		r.text(p, paints(w))
	}
	return p.err
}

// change is one line of a difference.
type change struct {
	mark, colour string
	word         string // for Markdown
	names        []string
}

// section is a part of a difference, with its title.
type section struct {
	title   string
	changes []change
}

// sections returns the parts that have a difference, without the changes that have none.
func (r *diffReport) sections() []section {
	added := func(names []string) change { return change{"+", green, "added", names} }
	removed := func(names []string) change { return change{"-", red, "removed", names} }
	sections := []section{
		{"names", []change{
			{"~", yellow, "changed", r.Changed}, added(r.Added), removed(r.Removed),
			{"?", yellow, "encrypted again, perhaps changed", r.Unknown},
			{"=", "", "encrypted again, not changed", r.Reencrypted},
			{"!", red, "now in clear text", r.Exposed},
		}},
		{"recipients", []change{added(r.RecipientsAdded), removed(r.RecipientsRemoved)}},
		{"roles", []change{added(r.RolesAdded), removed(r.RolesRemoved)}},
	}
	for i := range sections {
		sections[i].changes = slices.DeleteFunc(sections[i].changes, func(c change) bool { return len(c.names) == 0 })
	}
	return slices.DeleteFunc(sections, func(s section) bool { return len(s.changes) == 0 })
}

func (r *diffReport) text(p *printer, colours painter) {
	p.f("%s: %s -> %s\n", colours.paint(bold, shown(r.File)), shown(r.Old), shown(r.New))
	if r.same() {
		p.f("  no difference\n")
	}
	for _, section := range r.sections() {
		p.f("  %s\n", section.title)
		for _, change := range section.changes {
			for _, name := range change.names {
				line := "    " + change.mark + " " + shown(name)
				if change.mark == "=" || change.mark == "?" || change.mark == "!" {
					line += " (" + change.word + ")"
				}
				p.f("%s\n", colours.paint(change.colour, line))
			}
		}
	}
	for _, s := range r.Settings {
		p.f("  %s\n    %s\n    %s\n", s.Name, colours.paint(red, "- "+s.Old), colours.paint(green, "+ "+s.New))
	}
	if r.Reason != "" {
		p.f("  not known whether values changed: %s\n", filetext.Message(r.Reason))
	}
	for _, said := range []string{r.Form, r.Hint} {
		if said != "" {
			p.f("  %s\n", said)
		}
	}
}

func (r *diffReport) markdown(p *printer) {
	p.f("### %s\n\n%s → %s\n", code(r.File), code(r.Old), code(r.New))
	if r.same() {
		p.f("\nNo difference.\n")
	}
	for _, section := range r.sections() {
		p.f("\n**%s**\n\n", section.title)
		for _, change := range section.changes {
			for _, name := range change.names {
				p.f("- %s %s\n", code(name), change.word)
			}
		}
	}
	for _, s := range r.Settings {
		p.f("\n**%s**: %s → %s\n", s.Name, code(s.Old), code(s.New))
	}
	if r.Reason != "" {
		p.f("\nNot known whether values changed: %s\n", code(r.Reason))
	}
	for _, said := range []string{r.Form, r.Hint} {
		if said != "" {
			p.f("\n%s\n", said)
		}
	}
}
