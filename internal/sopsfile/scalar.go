package sopsfile

import (
	"errors"
	"strconv"
	"time"
)

// The text of a scalar is canonical when the official reader, which turns it into
// a Go value and hashes that value's text again, comes back to the same bytes.
// sops writes no other; a token whose type tag was exchanged mostly holds another.
// The errors name the type alone: strconv and time quote what they could not read.
var (
	errInt   = errors.New("the decrypted text is not what the type int holds")
	errFloat = errors.New("the decrypted text is not what the type float holds")
	errBool  = errors.New("the decrypted text is not what the type bool holds")
	errTime  = errors.New("the decrypted text is not what the type time holds")
)

// checkScalar reports whether text is the canonical text of kind.
func checkScalar(kind Kind, text []byte) error {
	switch kind {
	case Int:
		var buf [24]byte
		n, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil || string(strconv.AppendInt(buf[:0], n, 10)) != string(text) {
			return errInt
		}
	case Float:
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil || string(formatFloat(f)) != string(text) {
			return errFloat
		}
	case Bool:
		if s := string(text); s != "True" && s != "False" {
			return errBool
		}
	case Time:
		var t time.Time
		if t.UnmarshalText(text) != nil {
			return errTime
		}
		if b, err := t.MarshalText(); err != nil || string(b) != string(text) {
			return errTime
		}
	}
	return nil
}

// formatFloat is the text that sops encrypts and hashes for f: no exponent, and
// the fewest digits that give f again.
func formatFloat(f float64) []byte { return strconv.AppendFloat(nil, f, 'f', -1, 64) }

func formatBool(b bool) []byte {
	if b {
		return []byte("True")
	}
	return []byte("False")
}
