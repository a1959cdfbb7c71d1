package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// complete makes the shell offer values for a flag.
func complete(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag
	}
}

// formats are the formats of SOPS files.
var formats = sopsfile.Formats()

// addFormat adds the flag of the files' format.
func addFormat(c *cobra.Command, to *formatFlag) {
	c.Flags().Var(to, "format", "the file's format, "+nearest.List(formats)+"; by its ending if not given")
	complete(c, "format", formats...)
}

// formatFlag is a format of SOPS files; "" stands for that of a file's ending.
type formatFlag sopsfile.Format

func (f *formatFlag) String() string { return string(*f) }
func (f *formatFlag) Type() string   { return "FORMAT" }

// Set implements [pflag.Value].
func (f *formatFlag) Set(s string) error {
	if !slices.Contains(formats, s) {
		return usagef("known are %s", nearest.List(formats))
	}
	*f = formatFlag(s)
	return nil
}

// styleFlags are those of how a result is printed.
type styleFlags struct{ json, markdown bool }

func addStyle(c *cobra.Command, to *styleFlags) {
	c.Flags().BoolVar(&to.json, "json", false, "print JSON, for programs")
	c.Flags().BoolVar(&to.markdown, "markdown", false, "print Markdown, for a comment on a pull request")
	c.MarkFlagsMutuallyExclusive("json", "markdown")
}
