package main

import (
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
var formats = []string{string(sopsfile.JSON), string(sopsfile.YAML), string(sopsfile.Dotenv), string(sopsfile.INI), string(sopsfile.Binary)}

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
	for _, known := range formats {
		if s == known {
			*f = formatFlag(s)
			return nil
		}
	}
	return usagef("known are %s", nearest.List(formats))
}

// styleFlags are those of how a result is printed.
type styleFlags struct{ json, markdown bool }

func addStyle(c *cobra.Command, to *styleFlags) {
	c.Flags().BoolVar(&to.json, "json", false, "print JSON, for programs")
	c.Flags().BoolVar(&to.markdown, "markdown", false, "print Markdown, for a comment on a pull request")
	c.MarkFlagsMutuallyExclusive("json", "markdown")
}
