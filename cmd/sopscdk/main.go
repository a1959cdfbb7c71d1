// Command sopscdk does for an app of the constructs what needs neither the CDK nor Node: it
// checks SOPS files, compares versions of them, and builds the function.
//
//	go install github.com/ebb7bed6/sopscdk/cmd/sopscdk@latest
//
// docs/sopscdk.md describes its commands; each has scripts in testdata that show it.
//
// It exits with 0 when all is well, with 1 when check found an error or diff a
// difference, with 2 when it was called wrongly, and with 3 when it could not do what it was
// asked to.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// The exit codes.
const (
	exitFound  = 1 // check found an error, or diff a difference
	exitUsage  = 2
	exitFailed = 3
)

// errFound ends a command that did what it should and found something. It has been said.
var errFound = errors.New("found")

// failure is an error of a command that was called rightly. Any other is one of the call.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// usageError is an error of a call that a command found itself.
type usageError struct{ error }

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run runs the command that args name, and returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(context.Background())
	var failed failure
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFound):
		return exitFound
	case errors.As(err, &failed):
		fmt.Fprintf(stderr, "error: %s\n", filetext.Message(err.Error()))
		return exitFailed
	}
	fmt.Fprintf(stderr, "error: %s; see %s --help\n", filetext.Message(err.Error()), command.CommandPath())
	return exitUsage
}

// builtFrom returns the version of the module that the command was built from, and of Go; "(devel)"
// is that of a checkout.
func builtFrom() string {
	built := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		built = info.Main.Version
	}
	return built + " " + runtime.Version()
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "sopscdk",
		Short:         "Check and compare SOPS files for CDK apps, and build the function that syncs them",
		Version:       builtFrom(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, c := range []*cobra.Command{newCheck(), newDiff(), newExplain(), newImport(), newKeys(), newFunction()} {
		run := c.RunE
		c.RunE = func(c *cobra.Command, args []string) error {
			err := run(c, args)
			if _, usage := errors.AsType[usageError](err); err == nil || usage {
				return err
			}
			return failure{err}
		}
		root.AddCommand(c)
	}
	return root
}

// usagef returns a usageError.
func usagef(format string, a ...any) error { return usageError{fmt.Errorf(format, a...)} }
