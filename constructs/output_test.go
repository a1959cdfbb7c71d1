package sopsconstructs_test

import (
	"strings"
	"testing"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// What of the file lands is told to the function, and says which keys there are.
func TestOutputs(t *testing.T) {
	openable(t)
	for _, c := range []struct {
		name, file string
		output     sopsconstructs.Output
		want       string // of the protocol
		key        string // what Key("a") panics with; "" for nothing
	}{
		{"default", `{"a": {"b": "v"}, "c": "v"}`, "", `{"Mode":"flat"}`, `no key "a" in x.sops.json`},
		{"flat", `{"a": "v"}`, sopsconstructs.OutputFlatJSON, `{"Mode":"flat"}`, ""},
		{"nested", `{"a": {"b": "v"}}`, sopsconstructs.OutputNestedJSON, `{"Mode":"nested"}`, ""},
		{"raw", `{"a": "v"}`, sopsconstructs.OutputRaw, `{"Mode":"raw"}`, "has no keys; refer to the whole secret"},
		{"one value", `{"a": {"b": "v"}}`, sopsconstructs.OutputValue("a.b"), `{"Mode":"value","Value":"a.b"}`, "has no keys; refer to the whole secret"},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, "x.sops.json", standard(c.file))
			stack := newStack(nil)
			s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Output: c.output})
			if c.key == "" {
				s.Key("a")
			} else if got := panicOf(t, func() { s.Key("a") }); !strings.Contains(got, c.key) {
				t.Errorf("got %s", got)
			}
			if got := text(only(t, stack, "Custom::SopsSync").at("Output")); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	write(t, "x.sops.json", standard(clear))
	if got := failure(t, newStack(nil), sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Output: sopsconstructs.OutputValue("none")}); !strings.Contains(got, `no value has the name "none"`) {
		t.Errorf("got %s", got)
	}
	if got := failure(t, newStack(nil), sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Output: sopsconstructs.OutputValue("")}); !strings.Contains(got, `unknown Output "value:"`) {
		t.Errorf("got %s", got)
	}
}
