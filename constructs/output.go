package sopsconstructs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/render"
)

// Output says what of a file lands in its target. The zero value is
// [OutputFlatJSON].
type Output string

const (
	// OutputFlatJSON is one JSON object of strings, with a name for each value of the
	// file: {"a": {"b": [1, true]}} lands as {"a.b[0]": "1", "a.b[1]": "true"}. null,
	// empty maps and empty lists stay what they are.
	OutputFlatJSON Output = ""
	// OutputNestedJSON is one JSON document of the file's own shape: numbers are
	// numbers, and bools are bools.
	OutputNestedJSON Output = "nested"
	// OutputRaw is the text of the file as "sops decrypt" prints it.
	OutputRaw Output = "raw"
	// OutputBinary is the content of a file of the binary format, such as a keystore.
	// It lands as SecretBinary.
	OutputBinary Output = "binary"

	outputValue = "value:"
)

// OutputValue is the text of one value of the file, by its name in flat JSON, such as
// "database.users[0].password", and nothing around it.
func OutputValue(name string) Output { return Output(outputValue + name) }

// render returns the output as the function has it.
func (o Output) render() render.Output {
	if name, one := strings.CutPrefix(string(o), outputValue); one {
		return render.Output{Mode: render.One, Value: name}
	}
	if o == OutputFlatJSON {
		return render.Output{Mode: render.Flat}
	}
	return render.Output{Mode: render.Mode(o)}
}

// hasKeys reports whether what lands is a JSON object.
func (o Output) hasKeys() bool { return o == OutputFlatJSON || o == OutputNestedJSON }

// unknown returns the error of an output that fails its check.
func (o Output) unknown() error {
	if err := o.render().Check(); errors.Is(err, render.ErrValueName) {
		return err
	}
	return fmt.Errorf("unknown Output %q; use OutputFlatJSON, OutputNestedJSON, OutputRaw, OutputBinary, or OutputValue with the name of a value", string(o))
}
