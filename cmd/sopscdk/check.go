package main

import (
	"errors"
	"io"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ebb7bed6/sopscdk/internal/filepolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// errNotAsked is why a key of KMS opens nothing.
var errNotAsked = errors.New("AWS was not asked; --kms asks it")

// atOnce is how many files are checked side by side.
const atOnce = 16

// checkOptions are the flags of check.
type checkOptions struct {
	format     sopsfile.Format
	kms        bool
	identities bool
	prefix     string
	region     string // the function's
	// policy is that of the app, and policyFrom where it is from; nil and "" for none.
	policy     *filepolicy.Evaluator
	policyFrom string
}

func newCheck() *cobra.Command {
	var format sopsfile.Format
	var options checkOptions
	var asJSON, strict, quiet bool
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Say what is wrong with files before synth does, and which keys open them",
		Long: "Reads each file as synth does and says what it finds: names and sizes, the master keys and\n" +
			"which of them work here, what the function will be allowed, how old its keys are, whether\n" +
			"its recipients are those of .sops.yaml, and values that stand in clear text.\n\n" +
			"Age identities of this machine are used. AWS is called with --kms alone. Without a key the\n" +
			"sizes are those of the encrypted texts, which escapes may make larger.\n\n" +
			"With --policy, the rules of SetFilePolicy are applied; a file that breaks one is not decrypted.\n\n" +
			"It exits with 1 if a file has an error, or, with --strict, a warning.",
		Example: "  sopscdk check sops/*.sops.yaml\n  sopscdk check --strict --json $(git ls-files '*.sops.*')",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			options.format = format
			if options.policyFrom != "" {
				policy, err := filepolicy.Read(options.policyFrom)
				if err != nil {
					return err
				}
				options.policy = filepolicy.NewEvaluator(policy)
			}
			reports := checkAll(args, options)
			if err := printChecks(c.OutOrStdout(), reports, options.policyFrom, asJSON, quiet); err != nil {
				return err
			}
			for _, r := range reports {
				if r.has(severityError) || strict && r.has(severityWarning) {
					return errFound
				}
			}
			return nil
		},
	}
	addFormat(c, &format)
	c.Flags().BoolVar(&options.kms, "kms", false, "ask KMS, with the AWS credentials of this machine, whether its keys open the files")
	c.Flags().BoolVar(&options.identities, "age-identities", false, "the function has AgeIdentities, so that it needs no key of KMS")
	c.Flags().StringVar(&options.prefix, "parameters", "", "the `PREFIX` of SopsParameters: the names that the parameters would have are checked too")
	c.Flags().StringVar(&options.policyFrom, "policy", "", "the `FILE` with the app's file policy, or the cloud assembly (cdk.out) that has it")
	c.Flags().StringVar(&options.region, "region", "", "the `REGION` of the function, whose replica of a multi-Region key it uses")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	c.Flags().BoolVar(&strict, "strict", false, "a warning counts as an error")
	c.Flags().BoolVar(&quiet, "quiet", false, "print errors and warnings alone")
	c.MarkFlagsMutuallyExclusive("json", "quiet")
	return c
}

func printChecks(w io.Writer, reports []*fileReport, policy string, asJSON, quiet bool) error {
	if asJSON {
		return printJSON(w, reports)
	}
	p, colours := &printer{w: w}, paints(w)
	for i, r := range reports {
		r.text(p, colours, quiet, i > 0)
	}
	switch {
	case quiet:
	case policy == "":
		p.f("\nno policy of the app was applied; --policy names one\n")
	default:
		p.f("\nthe policy of %s was applied\n", shown(policy))
	}
	return p.err
}

// checkAll checks files side by side, and returns the reports in their order.
func checkAll(paths []string, o checkOptions) []*fileReport {
	files := openFiles(o.kms)
	defer files.Forget()
	reports := make([]*fileReport, len(paths))
	turns := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, path := range paths {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			reports[i] = checkFile(files, path, o)
		})
	}
	all.Wait()
	return reports
}

// openFiles returns files that ask KMS only if kms is set.
func openFiles(kms bool) *synthfile.Files {
	if kms {
		return synthfile.New()
	}
	return synthfile.NewLocal(errNotAsked)
}
