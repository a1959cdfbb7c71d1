package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/render"
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

// outputs are what can land of a whole file.
var outputs = []string{string(render.Flat), string(render.Nested), string(render.Raw), string(render.Binary)}

// addOutput adds the flag of what lands in a secret.
func addOutput(c *cobra.Command, to *outputFlag) {
	c.Flags().Var(to, "output", "what lands in the secret, "+nearest.List(outputs)+"; as the constructs' Output, flat JSON if not given")
	complete(c, "output", outputs...)
}

// outputFlag is what lands in a secret; "" stands for the constructs' default.
type outputFlag render.Mode

func (f *outputFlag) String() string { return string(*f) }
func (f *outputFlag) Type() string   { return "OUTPUT" }

// Set implements [pflag.Value].
func (f *outputFlag) Set(s string) error {
	if !slices.Contains(outputs, s) {
		return usagef("known are %s", nearest.List(outputs))
	}
	*f = outputFlag(s)
	return nil
}

// styleFlags are those of how a result is printed.
type styleFlags struct{ json, markdown bool }

func addStyle(c *cobra.Command, to *styleFlags) {
	c.Flags().BoolVar(&to.json, "json", false, "print JSON, for programs")
	c.Flags().BoolVar(&to.markdown, "markdown", false, "print Markdown, for a comment on a pull request")
	c.MarkFlagsMutuallyExclusive("json", "markdown")
}
