package sopsfile

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// tokenMark begins every encrypted value, the MAC of each file among them.
const tokenMark = "ENC[AES256_GCM,"

// explain returns the error of a file that cannot be read with what a person or a program
// has done to it first: it is empty, in clear text, of another format, has the marks of a
// merge, or other line ends.
func explain(err error, data []byte, format Format) error {
	looks := LooksLike(data)
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return ErrEmpty
	case looks == "" && !bytes.Contains(data, []byte(tokenMark)) && !errors.Is(err, errUTF16):
		return notEncrypted(err, format)
	}
	if line, mark := conflict(data); mark != "" {
		return explained{fmt.Errorf("line %d is a conflict marker of git (%s): a merge was not finished; "+
			"take one of the two versions, and make the change of the other again with \"sops edit\"", line, mark)}
	}
	err = misfit(hideName(err, data, format), looks, format)
	if format == Dotenv && bytes.Contains(data, []byte("\r\n")) {
		return explained{fmt.Errorf("%w; lines of it end in CR LF: convert them to LF, and keep git from changing the file (a line \"*.sops.* -text\" in .gitattributes)", err)}
	}
	if errors.Is(err, ErrNotEncrypted) {
		return errCut
	}
	return err
}

// explained is an error whose text says what to do.
type explained struct{ error }

func (e explained) Unwrap() error { return e.error }

// Damaged reports whether the error of [Parse] is that of a file which something else than
// sops has changed: not of one that is larger than what is read, and not where the error
// itself says what to do.
func Damaged(err error) bool {
	var e explained
	return !errors.As(err, &e) && !slices.ContainsFunc(limits, func(limit error) bool { return errors.Is(err, limit) })
}

// notEncrypted returns [ErrNotEncrypted], with where the file is not of its format either.
// What else is wrong would name what may be a value.
func notEncrypted(err error, format Format) error {
	if format == Binary { // content of any kind, without the envelope
		return ErrNotEncrypted
	}
	var j *jsonSyntaxError
	var y *yamlSyntaxError
	var line lineError
	if errors.As(err, &j) || errors.As(err, &y) || errors.As(err, &line) {
		return &ClearError{err}
	}
	return ErrNotEncrypted
}

// ClearError wraps [ErrNotEncrypted] for a file that sops could not encrypt either: Syntax
// is where it is not of its format.
type ClearError struct{ Syntax error }

func (e *ClearError) Error() string {
	return ErrNotEncrypted.Error() + "; and it is no file of its format: " + e.Syntax.Error()
}

// Unwrap returns [ErrNotEncrypted].
func (e *ClearError) Unwrap() error { return ErrNotEncrypted }

// lineError is the number of a line that is not dotenv.
type lineError int

func (e lineError) Error() string {
	return fmt.Sprintf("line %d is neither NAME=VALUE nor a comment", int(e))
}

// The patterns serve messages alone, so no start of the function compiles them.
var (
	conflictMark = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^(?:(?:<{7}|\|{7}|>{7})(?: |\r?$)|={7}\r?$)`)
	})
	// likeName matches what is a name of dotenv or INI beyond doubt.
	likeName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_. -]{0,63}$`) })
)

// conflict returns the first line that is a mark of git's for a conflict, and the mark; ""
// for none.
func conflict(data []byte) (line int, mark string) {
	at := conflictMark().FindIndex(data)
	if at == nil {
		return 0, ""
	}
	return 1 + bytes.Count(data[:at[0]], []byte("\n")), string(data[at[0] : at[0]+7])
}

// misfit says which other format the content looks like.
func misfit(err error, looks, format Format) error {
	switch {
	case looks == "", looks == format, looks == JSON && format == Binary, looks == JSON && format == YAML:
		return err
	case errors.Is(err, ErrNotEncrypted):
		return fmt.Errorf("no sops metadata where the format %s has it; the content looks like %s", format, looks)
	}
	return fmt.Errorf("%w; the content looks like %s, not %s", err, looks, format)
}

// hideName takes the name out of an error about an entry of dotenv or INI that may be a
// part of a value: of a key in PEM, say, whose lines end in "=".
func hideName(err error, data []byte, format Format) error {
	var place *placeError
	if format != Dotenv && format != INI || !errors.As(err, &place) {
		return err
	}
	hide, first, number := !likeName().MatchString(place.key), 0, 0
	for line := range bytes.Lines(data) {
		number++
		name, value, ok := bytes.Cut(line, []byte("="))
		if !ok || strings.TrimSpace(string(name)) != strings.TrimSpace(place.key) {
			continue
		}
		if first == 0 {
			first = number
		}
		if rest := string(bytes.TrimSpace(value)); rest == "" || rest == "=" {
			hide = true
		}
	}
	if !hide {
		return err
	}
	where := "a name that is not shown, since it may be a part of a value"
	if first > 0 {
		where = fmt.Sprintf("line %d (its name is not shown, since it may be a part of a value)", first)
	}
	return fmt.Errorf("%s: %w", where, place.err)
}
