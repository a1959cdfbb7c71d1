// Package plaintext holds decrypted bytes in a type that does not print them.
package plaintext

import (
	"fmt"
	"log/slog"
)

const redacted = "[REDACTED]"

// Text is a decrypted value, or anything rendered from one. Its bytes come out
// through [Text.Reveal] alone: every fmt verb, encoding/json, encoding.TextMarshaler
// and slog print "[REDACTED]" instead.
//
// The bytes sit behind a func, because fmt does not call the methods of a value
// that it reaches through an unexported field: there it prints the field's
// memory, and the memory of a func is its address. The zero value is empty.
type Text struct {
	reveal func() []byte
}

// New returns a Text of b. It keeps b itself: the caller must not change it.
func New(b []byte) Text {
	return Text{reveal: func() []byte { return b }}
}

// Reveal returns the bytes. The caller must not change them.
func (t Text) Reveal() []byte {
	if t.reveal == nil {
		return nil
	}
	return t.reveal()
}

// Len is the number of bytes.
func (t Text) Len() int { return len(t.Reveal()) }

// String implements [fmt.Stringer].
func (Text) String() string { return redacted }

// GoString implements [fmt.GoStringer].
func (Text) GoString() string { return redacted }

// Format implements [fmt.Formatter]: the same text for every verb.
func (Text) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// MarshalText implements [encoding.TextMarshaler].
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements [encoding/json.Marshaler].
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue implements [slog.LogValuer].
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }
