package sopsconstructs_test

import (
	"testing"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

func TestContextValues(t *testing.T) {
	for _, c := range []struct {
		key   string
		value any
		want  string // "" where it is fine
	}{
		{"sops:decrypt", "skip", ""},
		{"sops:decrypt", "", `constructs: context sops:decrypt is ""; it takes "skip"`},
		{"sops:decrypt", true, `constructs: context sops:decrypt is not a string; write it in quotes`},
		{"sops:architecture", "arm64", ""},
		{"sops:architecture", "x86_64", ""},
		{"sops:architecture", "arm", `constructs: context sops:architecture is "arm"; it takes "arm64", "x86_64"`},
		{"sops:resync", "any text at all", ""},
		{"sops:resync", 1, `constructs: context sops:resync is not a string; write it in quotes`},
		{"sops:resnyc", "x", `constructs: unknown context key "sops:resnyc"; did you mean "sops:resync"?`},
		{"sops:architectures", "arm64", `constructs: unknown context key "sops:architectures"; did you mean "sops:architecture"?`},
	} {
		context := map[string]any{c.key: c.value}
		if c.want == "" {
			sopsconstructs.CheckContext(context)
			continue
		}
		if got := panicOf(t, func() { sopsconstructs.CheckContext(context) }); got != c.want {
			t.Errorf("%s=%v: got\n%s\nwant\n%s", c.key, c.value, got, c.want)
		}
	}
}

// A change of either text, and of nothing else, makes CloudFormation call the
// function again.
func TestResync(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	seen := map[string]string{}
	for _, c := range []struct{ prop, context string }{{"", ""}, {"a", ""}, {"b", ""}, {"", "a"}, {"", "c"}, {"a", "c"}, {"a", "d"}} {
		context := map[string]any{}
		if c.context != "" {
			context["sops:resync"] = c.context
		}
		stack := newStack(context)
		newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Resync: c.prop})
		properties := only(t, stack, syncprotocol.ResourceType).Properties
		resync, there := properties["Resync"].(string)
		if there != (c.prop+c.context != "") {
			t.Errorf("prop %q, context %q: Resync is %q", c.prop, c.context, resync)
		}
		seen[resync] = text(properties)
		delete(properties, "Resync")
		if rest := text(properties); seen["rest"] != "" && rest != seen["rest"] {
			t.Errorf("prop %q, context %q: something else changed too", c.prop, c.context)
		} else {
			seen["rest"] = rest
		}
	}
	delete(seen, "rest")
	if len(seen) != 6 { // the prop "a" and the context "a" are one text
		t.Errorf("got %d different texts, want 6", len(seen))
	}
}
