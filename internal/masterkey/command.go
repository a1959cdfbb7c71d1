//go:build !sopssync

package masterkey

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/google/shlex"
)

// commandTimeout bounds a command that prints identities. It is long, for a
// command may wait for a touch or a login.
const commandTimeout = time.Minute

// sourceOfCommand runs the command that variable holds, split into words and
// without a shell, as sops does, with the recipient in the environment. The
// command itself is not named in the problem: it may hold a key.
func sourceOfCommand(ctx context.Context, variable, recipient string, parse func([]byte) contents) identitySource {
	line, ok := os.LookupEnv(variable)
	p := identitySource{name: variable, missing: !ok}
	if !ok {
		return p
	}
	words, err := splitWords(line)
	if err != nil {
		p.problem = err.Error()
		return p
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(os.Environ(), envRecipient+"="+recipient)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	defer clear(out)
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		p.problem = "the command did not end in time"
	case exited:
		p.problem = fmt.Sprintf("the command failed: %v", exit.ProcessState)
	case err != nil:
		p.problem = "the command cannot be started; is it there, and executable?"
	default:
		p.contents = parse(out)
	}
	return p
}

// splitWords splits a command line as sops does, which uses the same library. There
// is at least one word. The errors do not quote the line, which may hold a key.
func splitWords(line string) ([]string, error) {
	words, err := shlex.Split(line)
	if err != nil {
		return nil, errors.New("the command ends inside a quote or with a backslash; close the quote, or remove the backslash")
	}
	if len(words) == 0 {
		return nil, errors.New("the command is empty; set it to the program that prints the identity, or unset the variable")
	}
	return words, nil
}
