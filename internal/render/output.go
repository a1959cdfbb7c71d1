package render

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Output says what of a file lands in a target. The zero value is flat JSON.
type Output struct {
	// Mode is the form; "" stands for Flat.
	Mode Mode `json:",omitempty"`
	// Value is, with the mode One alone, the name of the value that lands, as in flat
	// JSON: a.b[0].c.
	Value string `json:",omitempty"`
}

// mode returns the form that o stands for.
func (o Output) mode() Mode {
	if o.Mode == "" {
		return Flat
	}
	return o.Mode
}

// maxValueName is how long the name of the one value may be, in bytes: it stands in the
// template.
const maxValueName = 8192

// ErrValueName is wrapped by the error about a name of the one value that cannot stand in a
// template.
var ErrValueName = errors.New("the name of the value")

// Check returns an error for an output that does not exist, or whose value has a name that
// is more than text in a template.
func (o Output) Check() error {
	switch m := o.mode(); {
	case m == One && o.Value == "":
		return errors.New("an output of one value names none")
	case m != One && o.Value != "":
		return fmt.Errorf("the output %s takes no value, and %s is given", filetext.Quote(string(m)), filetext.Quote(o.Value))
	case m == One:
		if err := filetext.Check(o.Value, maxValueName); err != nil {
			return fmt.Errorf("%w %s %w; rename it in the file", ErrValueName, filetext.Quote(o.Value), err)
		}
		return nil
	case m == Flat || m == Nested || m == Raw || m == Binary:
		return nil
	}
	return unknownMode(o.Mode)
}

// MaxSecret is how many bytes a version of a secret holds: the limit of SecretString
// and SecretBinary in Secrets Manager's PutSecretValue.
const MaxSecret = 65_536

// ErrSize is wrapped by the errors about content that no secret can hold because of
// its size.
var ErrSize = errors.New("it renders to")

// Content is what lands in a secret.
type Content struct {
	Text   plaintext.Text
	Binary bool // it lands as SecretBinary, otherwise as SecretString
}

// ForSecret returns what lands in a secret for o: rendered as [Render] does, or one
// value as [Pick] does, and checked against what Secrets Manager stores. Synth and
// the function both call it, so that what passes at synth passes at deploy. t is
// from [sopsfile.File.Decrypt]. Its errors hold names and sizes, never values.
func ForSecret(t *sopsfile.Tree, o Output) (Content, error) {
	text, err := rendered(t, o)
	if err != nil {
		return Content{}, err
	}
	c := Content{Text: text, Binary: o.mode() == Binary}
	switch n := text.Len(); {
	case n > MaxSecret:
		return Content{}, fmt.Errorf("%w %d bytes, and a secret holds at most %d; move some of its values to another file and secret", ErrSize, n, MaxSecret)
	case n == 0:
		return Content{}, errors.New("it renders to nothing, and Secrets Manager stores no empty value")
	case !c.Binary && !utf8.Valid(text.Reveal()):
		return Content{}, errors.New("it renders to something that is not UTF-8 text, which a secret string cannot hold; use OutputBinary")
	}
	return c, nil
}

// rendered returns what lands for o, whatever holds it.
func rendered(t *sopsfile.Tree, o Output) (plaintext.Text, error) {
	if err := o.Check(); err != nil {
		return plaintext.Text{}, err
	}
	if o.mode() == One {
		return Pick(t, o.Value)
	}
	if err := checkSize(t); err != nil {
		return plaintext.Text{}, err
	}
	return Render(t, o.mode())
}
