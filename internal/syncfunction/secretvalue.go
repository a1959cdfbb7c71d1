package syncfunction

import (
	"bytes"

	"github.com/ebb7bed6/sopscdk/internal/render"
)

// secretValue is a value that Secrets Manager returned. The zero value stands for
// none. It must not be logged.
type secretValue struct {
	version string
	text    *string // nil where the value is binary
	binary  []byte
}

// holds reports whether the value is c.
func (v *secretValue) holds(c render.Content) bool {
	if c.Binary {
		return v.text == nil && bytes.Equal(v.binary, c.Text.Reveal())
	}
	return v.text != nil && *v.text == string(c.Text.Reveal())
}

// clear removes the value. The text is a string, which only the garbage collector can
// remove.
func (v *secretValue) clear() {
	clear(v.binary)
	*v = secretValue{}
}
