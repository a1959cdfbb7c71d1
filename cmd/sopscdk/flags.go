package main

import (
	"slices"
	"strings"

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

// addFormat adds the flag of the files' format; "" stands for that of a file's ending.
func addFormat(c *cobra.Command, to *sopsfile.Format) {
	addChoice(c, to, "format", "the file's format", "; by its ending if not given", sopsfile.Formats())
}

// addOutput adds the flag of what lands in a secret; "" stands for the constructs' default.
func addOutput(c *cobra.Command, to *render.Mode) {
	addChoice(c, to, "output", "what lands in the secret", "; as the constructs' Output, flat JSON if not given",
		[]string{string(render.Flat), string(render.Nested), string(render.Raw), string(render.Binary)})
}

// addChoice adds a flag that takes one of the known values.
func addChoice[T ~string](c *cobra.Command, to *T, name, usage, otherwise string, known []string) {
	c.Flags().Var(&choice[T]{to, name, known}, name, usage+", "+nearest.List(known)+otherwise)
	complete(c, name, known...)
}

// choice implements [pflag.Value].
type choice[T ~string] struct {
	to    *T
	name  string
	known []string
}

func (f *choice[T]) String() string {
	if f.to == nil { // pflag asks a zero value, too
		return ""
	}
	return string(*f.to)
}

func (f *choice[T]) Type() string { return strings.ToUpper(f.name) }

func (f *choice[T]) Set(s string) error {
	if !slices.Contains(f.known, s) {
		return usagef("known are %s", nearest.List(f.known))
	}
	*f.to = T(s)
	return nil
}

// styleFlags are those of how a result is printed.
type styleFlags struct{ json, markdown bool }

func addStyle(c *cobra.Command, to *styleFlags) {
	c.Flags().BoolVar(&to.json, "json", false, "print JSON, for programs")
	c.Flags().BoolVar(&to.markdown, "markdown", false, "print Markdown, for a comment on a pull request")
	c.MarkFlagsMutuallyExclusive("json", "markdown")
}
