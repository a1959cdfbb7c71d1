// Command sopscdk does for an app of the constructs what needs neither the CDK nor Node.
// Run it in the folder of the app's go.mod:
//
//	go run github.com/ebb7bed6/sopscdk/cmd/sopscdk COMMAND
//
// It exits with 0, with 1 if the command failed, and with 2 if it was called wrongly.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// command is one of the program's commands. Each is in a file of its name.
type command struct {
	name    string
	summary string
	// run gets the arguments behind the name. A usageError is a wrong call.
	run func(args []string, stdout, stderr io.Writer) error
}

var commands = []command{
	{"function", "build the sync function, and print its hash", runFunction},
}

// usageError says how a command was called wrongly.
type usageError string

func (e usageError) Error() string { return string(e) }

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run runs the command that args name, and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(stdout)
		return 0
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		err := c.run(args[1:], stdout, stderr)
		var wrong usageError
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.As(err, &wrong):
			fmt.Fprintf(stderr, "error: %v; see sopscdk %s -h\n", err, c.name)
			return 2
		default:
			fmt.Fprintf(stderr, "error: %v\n", err)
			return 1
		}
	}
	fmt.Fprintf(stderr, "error: unknown command %q\n\n", args[0])
	usage(stderr)
	return 2
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: sopscdk COMMAND [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nsopscdk COMMAND -h lists the flags of a command.\n")
}
