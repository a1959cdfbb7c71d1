package masterkey

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"filippo.io/age"
)

// commandTimeout bounds a command that prints identities. It is long, for a
// command may wait for a touch or a login.
const commandTimeout = time.Minute

// placeOfCommand runs the command that variable holds, split into words and
// without a shell, as sops does, with the recipient in the environment. The
// command itself is not named in the problem: it may hold a key.
func placeOfCommand(ctx context.Context, variable, recipient string, parse func([]byte) ([]age.Identity, string)) place {
	line, ok := os.LookupEnv(variable)
	p := place{name: variable, missing: !ok}
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
		p.identities, p.problem = parse(out)
	}
	return p
}

// splitWords splits a command line as sops does: at spaces; '…' keeps everything,
// "…" and no quotes everything but \, after which the next character counts as it
// is; # at the start of a word begins a comment. There is at least one word.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	inWord, escaped, comment := false, false, false
	for _, c := range line {
		switch {
		case comment:
			comment = c != '\n'
		case escaped:
			word.WriteRune(c)
			escaped = false
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case strings.ContainsRune(" \t\r\n", c):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		case c == '#' && !inWord:
			comment = true
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	switch {
	case quote != 0:
		return nil, errors.New("the command has a quote that does not end")
	case escaped:
		return nil, errors.New("the command ends with a backslash")
	case inWord:
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, errors.New("the command is empty")
	}
	return words, nil
}
