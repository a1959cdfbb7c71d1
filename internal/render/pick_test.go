package render_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func TestPick(t *testing.T) {
	structure, tree := load(t, "types.json")
	for _, tt := range []struct {
		tree       *sopsfile.Tree
		name       string
		want, fail string
	}{
		{tree, "string", "t0p-s3cret", ""},
		{tree, "account", "123456789012", ""},
		{tree, "yes", "true", ""},
		{tree, "deep.list[1].k", "nested-v4lue", ""},
		{tree, "dot.ted", "d", ""},
		{tree, "empty", "", ""},
		{tree, "dot", "", `no value has the name "dot"; it is a map, whose values have the names "dot.ted"`},
		{tree, "null", "", `value at "null": null, which has no text`},
		{tree, "deep.list", "", `value at "deep.list": a map or list, not one value; it is a list, whose values have the names "deep.list[0]", "deep.list[1].k", "deep.list[2][0]"`},
		{structure, "string", "", `the tree is a structure without values`},
		{encrypted(t, sopsfile.JSON, `{"a.b": 1, "a": {"b": 2}}`), "a.b", "", `two values have the name "a.b": ["a.b"] and ["a"]["b"]`},
	} {
		got, err := render.Pick(tt.tree, tt.name)
		if msg := fmt.Sprint(err); tt.fail == "" && err != nil || tt.fail != "" && msg != tt.fail {
			t.Errorf("%q: got %s, want %s", tt.name, msg, tt.fail)
		}
		if string(got.Reveal()) != tt.want {
			t.Errorf("%q: got another text", tt.name)
		}
	}
}

func TestSubtree(t *testing.T) {
	structure, tree := load(t, "types.json")
	sub, err := render.Subtree(tree, "deep")
	if err != nil {
		t.Fatal(err)
	}
	out, err := render.Render(sub, render.Nested)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out.Reveal()), `{"list":[1,{"k":"nested-v4lue"},[true]],"a:b":"colon"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if sub, err = render.Subtree(structure, "deep.list[1]"); err != nil {
		t.Fatal(err)
	}
	if got, err := render.Names(sub, render.Output{}); err != nil || !slices.Equal(got, []string{"k"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := render.Render(sub, render.Raw); err == nil {
		t.Error("got no error of a structure rendered raw")
	}
	if _, err := render.Subtree(tree, "string"); err == nil || err.Error() != `value at "string": not a map` {
		t.Errorf("got %v", err)
	}
}

func TestParameters(t *testing.T) {
	tree := encrypted(t, sopsfile.JSON, `{"db": {"hosts": ["a", "b"], "port": 5432}, "x.y-z_": true}`)
	want := []string{"/app/dev/db/hosts/0 a", "/app/dev/db/hosts/1 b", "/app/dev/db/port 5432", "/app/dev/x.y-z_ true"}
	list, err := render.Parameters(tree, render.Naming{Prefix: "/app/dev/"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		got = append(got, p.Name+" "+string(p.Value.Reveal()))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	names := []render.ParameterName{{"/app/dev/db/hosts/0", "db.hosts[0]"}, {"/app/dev/db/hosts/1", "db.hosts[1]"}, {"/app/dev/db/port", "db.port"}, {"/app/dev/x.y-z_", "x.y-z_"}}
	if got, err := render.ParameterNames(tree, render.Naming{Prefix: "/app/dev"}); err != nil || !slices.Equal(got, names) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, tt := range []struct{ text, prefix, separator, want string }{
		{`{"a b": 1}`, "/p", "", `value at "a b": a name that a parameter cannot have: only letters, digits, and the marks . - _ are possible; rename it in the file`},
		{`{"a": {"b/c": 1}}`, "/p", "", `value at "a.b/c": a name that a parameter cannot have: only letters, digits, and the marks . - _ are possible; rename it in the file`},
		{`{"a": null}`, "/p", "", `value at "a": no text, and a parameter holds at least one character; OnEmptySkip makes no parameter of such a value`},
		{`{"a": {}}`, "/p", "", `value at "a": no text, and a parameter holds at least one character; OnEmptySkip makes no parameter of such a value`},
		{`{"a": ""}`, "/p", "", `value at "a": no text, and a parameter holds at least one character; OnEmptySkip makes no parameter of such a value`},
		{`{"a": 1}`, "p", "", `the prefix "p" of parameters is not of the form /NAME or /NAME/NAME`},
		{`{"a": 1}`, "/aws/x", "", `the prefix of parameters: "/aws/x": AWS keeps names that begin with aws or ssm to itself`},
		{`{"a": 1}`, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15", "", `value at "a": "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/a": more than 15 levels, which a parameter's name cannot have`},
		{`{"a": {"b": 1}, "a_b": 2}`, "/p", "_", `two values would land in the parameter "/p/a_b": ["a"]["b"] and ["a_b"]; rename one, or choose another Separator`},
		{`{"a": 1}`, "/p", "*", `the separator "*" of parameters: a name that a parameter cannot have: only letters, digits, and the marks . - _ are possible`},
		{`{"a": "x{{y"}`, "/p", "", `value at "a": the text {{, which SSM refuses in a value; a secret can hold it (SopsSecret)`},
		{`{"a": "` + strings.Repeat("ä", 4097) + `"}`, "/p", "", `value at "a": over 8192 bytes, and a parameter holds no more; a secret (SopsSecret) holds 65536`},
		{`{"` + strings.Repeat("a", 960) + `": 1}`, "/p", "", `over 956 characters, which a parameter's name cannot have`},
	} {
		if _, err := render.Parameters(encrypted(t, sopsfile.JSON, tt.text), render.Naming{Prefix: tt.prefix, Separator: tt.separator}); err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.text, err, tt.want)
		}
	}
}

// Empty values are known without a key, so synth and deploy skip the same ones.
func TestParametersSkipEmpty(t *testing.T) {
	n := render.Naming{Prefix: "/p", Separator: "-", SkipEmpty: true}
	tree := encrypted(t, sopsfile.JSON, `{"a": {"b": 1, "c": null}, "d": "", "e": [], "f": "x"}`)
	list, err := render.Parameters(tree, n)
	if err != nil || len(list) != 2 || list[0].Name != "/p/a-b" || list[1].Name != "/p/f" {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestForParameter(t *testing.T) {
	tree := encrypted(t, sopsfile.JSON, `{"a": "x", "empty": "", "large": "`+strings.Repeat("ä", 2049)+`"}`)
	for _, tt := range []struct {
		output render.Output
		fail   string
	}{
		{render.Output{Mode: render.One, Value: "a"}, ""},
		{render.Output{Mode: render.One, Value: "b"}, `no value has the name "b"`},
		{render.Output{Mode: render.One, Value: "empty"}, `the parameter "/p" would hold no text, and a parameter holds at least one character`},
		{render.Output{Mode: "xml"}, `no such rendering: "xml"`},
	} {
		got, err := render.ForParameter(tree, tt.output, "/p")
		switch {
		case tt.fail == "" && (err != nil || got.Name != "/p" || string(got.Value.Reveal()) != "x"):
			t.Errorf("got %v, %v", got, err)
		case tt.fail != "" && (err == nil || err.Error() != tt.fail):
			t.Errorf("got %v, want %s", err, tt.fail)
		}
	}
	whole := encrypted(t, sopsfile.JSON, `{"a": "`+strings.Repeat("x", 70_000)+`"}`)
	if _, err := render.ForParameter(whole, render.Output{}, "/p"); err == nil || !strings.Contains(err.Error(), `the parameter "/p" would hold over 8192 bytes`) {
		t.Errorf("got %v", err)
	}
	large, err := render.ForParameter(tree, render.Output{Mode: render.One, Value: "large"}, "/p")
	if err != nil {
		t.Fatal(err)
	}
	for tier, want := range map[string]string{"": "", render.TierAdvanced: "", render.TierStandard: `the parameter "/p" has 4098 bytes, and the tier Standard takes 4096`} {
		if err := large.CheckTier(tier); (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", tier, err)
		}
	}
}
