package render_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func TestForSecret(t *testing.T) {
	structure, tree := load(t, "types.json")
	_, bin := load(t, "keystore.bin")
	around := len(`{"k":""}`)
	sized := func(n int) *sopsfile.Tree {
		return encrypted(t, sopsfile.JSON, `{"k":"`+strings.Repeat("s", n-around)+`"}`)
	}
	for _, tt := range []struct {
		name   string
		tree   *sopsfile.Tree
		output render.Output
		length int
		binary bool
		fail   string
		size   bool // the error is about the size
	}{
		{"the zero output is flat", sized(30), render.Output{}, 30, false, "", false},
		{"one value", tree, render.Output{Mode: render.One, Value: "account"}, 12, false, "", false},
		{"binary", bin, render.Output{Mode: render.Binary}, 15, true, "", false},
		{"as large as a secret", sized(render.MaxSecret), render.Output{}, render.MaxSecret, false, "", false},
		{"too large", sized(render.MaxSecret + 1), render.Output{}, 0, false, "it renders to 65537 bytes, and a secret holds at most 65536; move some of its values to another file and secret", true},
		{"an empty value", tree, render.Output{Mode: render.One, Value: "empty"}, 0, false, "it renders to nothing, and Secrets Manager stores no empty value", false},
		{"no value named", tree, render.Output{Mode: render.One}, 0, false, "an output of one value names none", false},
		{"a value of the whole", tree, render.Output{Mode: render.Nested, Value: "yes"}, 0, false, `the output "nested" takes no value, and "yes" is given`, false},
		{"a value of the zero output", tree, render.Output{Value: "yes"}, 0, false, `the output "flat" takes no value, and "yes" is given`, false},
		{"a value that is a reference", tree, render.Output{Mode: render.One, Value: "{{resolve:ssm:x}}"}, 0, false, `the name of the value "{\x7bresolve:ssm:x}}" holds "{{resolve", which CloudFormation takes for a dynamic reference and would replace by a secret; rename it in the file`, false},
		{"no such output", tree, render.Output{Mode: "xml"}, 0, false, `no such rendering: "xml"`, false},
		{"no values", structure, render.Output{}, 0, false, "the tree is a structure without values", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := render.ForSecret(tt.tree, tt.output)
			if tt.fail != "" {
				if err == nil || err.Error() != tt.fail {
					t.Errorf("got  %v\nwant %s", err, tt.fail)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if n := got.Text.Len(); n != tt.length || got.Binary != tt.binary {
				t.Errorf("got %d bytes, binary %v; want %d, %v", n, got.Binary, tt.length, tt.binary)
			}
			if errors.Is(err, render.ErrSize) != tt.size {
				t.Errorf("%v is about the size: %v, want %v", err, !tt.size, tt.size)
			}
		})
	}
}

// A secret string holds UTF-8 alone, whatever makes the text.
func TestForSecretRefusesOtherTextThanUTF8(t *testing.T) {
	const notUTF8 = "A=b\xff\n"
	for _, o := range []render.Output{{}, {Mode: render.Raw}, {Mode: render.One, Value: "A"}} {
		if c, err := render.ForSecret(encrypted(t, sopsfile.Dotenv, notUTF8), o); err == nil || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%v: got %d bytes, %v", o, c.Text.Len(), err)
		}
	}
}
