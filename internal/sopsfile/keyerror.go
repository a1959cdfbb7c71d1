package sopsfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// Attempt is one master key that was tried, or would have been.
type Attempt struct {
	Key MasterKey
	// Group is the number of the key's group, from 0.
	Group int
	// Err is why the key did not help; nil when it gave its group's share and other
	// groups were missing.
	Err error
}

// KeyError says that the data key could not be had.
type KeyError struct {
	// Attempts are all master keys of the file, in the order of its groups.
	Attempts []Attempt
	// Groups is the number of key groups, and Threshold how many of them are needed:
	// 1 and 1 for a file without key groups.
	Groups, Threshold int
}

// Error implements error: a line of summary, then one line per master key with
// its type, id, role and reason.
func (e *KeyError) Error() string {
	var b strings.Builder
	if e.Groups > 1 {
		fmt.Fprintf(&b, "too few key groups open: the file needs %d of %d", e.Threshold, e.Groups)
	} else {
		b.WriteString("none of the file's master keys opens it")
	}
	for _, a := range e.Attempts {
		b.WriteString("\n  ")
		if e.Groups > 1 {
			fmt.Fprintf(&b, "group %d: ", a.Group+1)
		}
		b.WriteString(filetext.Short(a.Key.String()))
		b.WriteString(": ")
		if a.Err == nil {
			b.WriteString("opened")
		} else {
			b.WriteString(strings.ReplaceAll(a.Err.Error(), "\n", "\n    "))
		}
	}
	if types := e.unread(); len(types) > 0 {
		what := "type " + types[0]
		if last := len(types) - 1; last > 0 {
			what = "types " + strings.Join(types[:last], ", ") + " and " + types[last]
		}
		fmt.Fprintf(&b, "\nthe file has keys of the %s alone, which are not read here; "+
			"who can decrypt it adds a KMS key with: sops rotate --in-place --add-kms KEY_ARN FILE", what)
	}
	return b.String()
}

// Unwrap returns the reasons of all keys, for [errors.Is] and [errors.As].
func (e *KeyError) Unwrap() []error {
	var errs []error
	for _, a := range e.Attempts {
		if a.Err != nil {
			errs = append(errs, a.Err)
		}
	}
	return errs
}

// unread returns the key types of a file that has no key of a type that is read.
func (e *KeyError) unread() []string {
	var types []string
	for _, a := range e.Attempts {
		if a.Key.Type.read() {
			return nil
		}
		if t := string(a.Key.Type); !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

// read reports whether keys of type t are tried at all.
func (t KeyType) read() bool { return t == KMS || t == Age }
