package render_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// selected is what a selection of these files renders to, and its names.
func selected(t *testing.T, of render.Selection, o render.Output, trees ...*sopsfile.Tree) (text string, names []string, err error) {
	t.Helper()
	tree, err := of.Tree(trees)
	if err != nil {
		return "", nil, err
	}
	if names, err = render.Names(tree, o); err != nil {
		return "", nil, err
	}
	c, err := render.ForSecret(tree, o)
	return string(c.Text.Reveal()), names, err
}

func TestSelection(t *testing.T) {
	yaml := func(clear string) *sopsfile.Tree { return encrypted(t, sopsfile.YAML, clear) }
	json := func(clear string) *sopsfile.Tree { return encrypted(t, sopsfile.JSON, clear) }
	a, b, c := render.Selection{Name: "a"}, render.Selection{Name: "b"}, render.Selection{Name: "c"}
	part := func(s render.Selection, name string) render.Selection { s.Part = name; return s }
	over := func(of ...render.Selection) render.Selection {
		return render.Selection{Of: of, Combine: render.Overlay}
	}
	merge := func(of ...render.Selection) render.Selection { return render.Selection{Of: of, Combine: render.Merge} }
	nested, raw, binary := render.Output{Mode: render.Nested}, render.Output{Mode: render.Raw}, render.Output{Mode: render.Binary}
	services := json(`{"services": {"api": {"key": "k", "n": 1}, "web.x": {"key": "w"}, "list": [{"key": "l"}]}, "other": "o"}`)
	common, prod := json(`{"db": {"user": "u", "pass": "p", "hosts": ["h1", "h2"]}, "x": "x", "only": {"a": 1}}`), json(`{"db": {"pass": "q", "hosts": ["h3"], "port": 5432}, "x": null, "new": true}`)
	for name, tt := range map[string]struct {
		of         render.Selection
		o          render.Output
		trees      []*sopsfile.Tree
		want, fail string
	}{
		"a whole file":         {a, nested, []*sopsfile.Tree{json(`{"k": 1}`)}, `{"k":1}`, ""},
		"a whole file, raw":    {a, raw, []*sopsfile.Tree{json(`{"k": 1}`)}, "{\n\t\"k\": 1\n}\n", ""},
		"a part":               {part(a, "services.api"), render.Output{}, []*sopsfile.Tree{services}, `{"key":"k","n":"1"}`, ""},
		"a part, nested":       {part(a, "services.api"), nested, []*sopsfile.Tree{services}, `{"key":"k","n":1}`, ""},
		"a part with a dot":    {part(a, "services.web.x"), render.Output{}, []*sopsfile.Tree{services}, `{"key":"w"}`, ""},
		"an item of a list":    {part(a, "services.list[0]"), render.Output{}, []*sopsfile.Tree{services}, `{"key":"l"}`, ""},
		"one value of a part":  {part(a, "services.api"), render.Output{Mode: render.One, Value: "n"}, []*sopsfile.Tree{services}, "1", ""},
		"a part, raw":          {part(a, "services.api"), raw, []*sopsfile.Tree{services}, "", "a part of a file, or several files together, have neither a raw text nor binary content; use OutputFlatJSON, OutputNestedJSON or OutputValue"},
		"a part, binary":       {part(a, "services.api"), binary, []*sopsfile.Tree{services}, "", "a part of a file, or several files together, have neither a raw text nor binary content; use OutputFlatJSON, OutputNestedJSON or OutputValue"},
		"no such part":         {part(a, "services.apo"), render.Output{}, []*sopsfile.Tree{services}, "", `a: no map has the name "services.apo"; did you mean "services.api" or "services"?`},
		"a list as a part":     {part(a, "services.list"), render.Output{}, []*sopsfile.Tree{services}, "", `a: value at "services.list": not a map`},
		"a value as a part":    {part(a, "other"), render.Output{}, []*sopsfile.Tree{services}, "", `a: value at "other": not a map`},
		"an ambiguous part":    {part(a, "x.y"), render.Output{}, []*sopsfile.Tree{json(`{"x.y": {"a": 1}, "x": {"y": {"b": 1}}}`)}, "", `a: two values have the name "x.y": ["x.y"] and ["x"]["y"]`},
		"a part that is empty": {part(a, "x"), render.Output{}, []*sopsfile.Tree{json(`{"x": {}, "y": 1}`)}, "{}", ""},
		"a part with a merge":  {part(a, "it"), render.Output{}, []*sopsfile.Tree{yaml("base: &base\n  user: u\nit:\n  <<: *base\n  pass: p\n")}, `{"user":"u","pass":"p"}`, ""},

		"the later wins": {over(a, b), nested, []*sopsfile.Tree{common, prod},
			`{"db":{"user":"u","pass":"q","hosts":["h3"],"port":5432},"x":null,"only":{"a":1},"new":true}`, ""},
		"the later wins, the other way round": {over(a, b), nested, []*sopsfile.Tree{prod, common},
			`{"db":{"pass":"p","hosts":["h1","h2"],"port":5432,"user":"u"},"x":"x","new":true,"only":{"a":1}}`, ""},
		"three":                      {over(a, b, c), render.Output{}, []*sopsfile.Tree{json(`{"a": 1}`), json(`{"a": 2, "b": 1}`), json(`{"b": 2}`)}, `{"a":"2","b":"2"}`, ""},
		"a map over a value":         {over(a, b), nested, []*sopsfile.Tree{json(`{"a": 1}`), json(`{"a": {"b": 2}}`)}, `{"a":{"b":2}}`, ""},
		"a value over a map":         {over(a, b), nested, []*sopsfile.Tree{json(`{"a": {"b": 2}}`), json(`{"a": "x"}`)}, `{"a":"x"}`, ""},
		"an empty map over a map":    {over(a, b), nested, []*sopsfile.Tree{json(`{"a": {"b": 2}}`), json(`{"a": {}}`)}, `{"a":{"b":2}}`, ""},
		"an empty list over a list":  {over(a, b), nested, []*sopsfile.Tree{json(`{"a": [1]}`), json(`{"a": []}`)}, `{"a":[]}`, ""},
		"files of different formats": {over(a, b), render.Output{}, []*sopsfile.Tree{yaml("# c\na: 1 # c\nb:\n  # c\n  c: x\n"), encrypted(t, sopsfile.Dotenv, "a=2\n")}, `{"a":"2","b.c":"x"}`, ""},
		"a part of several":          {part(over(a, b), "db"), nested, []*sopsfile.Tree{common, prod}, `{"user":"u","pass":"q","hosts":["h3"],"port":5432}`, ""},
		"parts of several":           {over(part(a, "db"), part(b, "db")), nested, []*sopsfile.Tree{common, prod}, `{"user":"u","pass":"q","hosts":["h3"],"port":5432}`, ""},
		"two parts of one file":      {merge(part(a, "x"), part(a, "y")), nested, []*sopsfile.Tree{json(`{"x": {"p": 1}, "y": {"q": 2}}`), json(`{"x": {"p": 1}, "y": {"q": 2}}`)}, `{"p":1,"q":2}`, ""},
		"several, raw":               {over(a, b), raw, []*sopsfile.Tree{common, prod}, "", "a part of a file, or several files together, have neither a raw text nor binary content; use OutputFlatJSON, OutputNestedJSON or OutputValue"},
		"one value of several":       {over(a, b), render.Output{Mode: render.One, Value: "db.pass"}, []*sopsfile.Tree{common, prod}, "q", ""},
		"a part that several have":   {part(over(a, b), "dbs"), render.Output{}, []*sopsfile.Tree{common, prod}, "", `a + b: no map has the name "dbs"; did you mean "db"?`},
		"a part that one has not":    {over(a, part(b, "only")), render.Output{}, []*sopsfile.Tree{common, prod}, "", `b: no map has the name "only"`},

		"no name in common": {merge(a, b), nested, []*sopsfile.Tree{json(`{"a": {"x": 1}, "b": 1}`), json(`{"a": {"y": 2}, "c": 1}`)}, `{"a":{"x":1,"y":2},"b":1,"c":1}`, ""},
		"a name in both":    {merge(a, b), nested, []*sopsfile.Tree{common, prod}, "", `both a and b have "db.pass"; take it out of one of them, or use Overlay, where the later file's lands`},
		"a name in both, equal": {merge(a, b), nested, []*sopsfile.Tree{json(`{"a": 1}`), json(`{"a": 1}`)}, "",
			`both a and b have "a"; take it out of one of them, or use Overlay, where the later file's lands`},
		"a map in one, a value in the other": {merge(a, b), nested, []*sopsfile.Tree{json(`{"a": {"b": 1}}`), json(`{"a": 1}`)}, "",
			`both a and b have "a"; take it out of one of them, or use Overlay, where the later file's lands`},
		"lists of one name": {merge(a, b), nested, []*sopsfile.Tree{json(`{"a": {"b": [1]}}`), json(`{"a": {"b": [2]}}`)}, "",
			`both a and b have "a.b"; take it out of one of them, or use Overlay, where the later file's lands`},
		"the third file": {merge(a, b, c), nested, []*sopsfile.Tree{json(`{"a": 1}`), json(`{"b": 1}`), json(`{"c": 1, "a": 2}`)}, "",
			`both a and c have "a"; take it out of one of them, or use Overlay, where the later file's lands`},
		"of merged files, the later wins": {over(merge(a, b), c), nested, []*sopsfile.Tree{json(`{"a": 1}`), json(`{"b": 1}`), json(`{"a": 2}`)}, `{"a":2,"b":1}`, ""},
		"of overlaid files, one has the name": {merge(a, over(b, c)), nested, []*sopsfile.Tree{json(`{"a": 1}`), json(`{"b": 1}`), json(`{"a": 2}`)}, "",
			`both a and b + c have "a"; take it out of one of them, or use Overlay, where the later file's lands`},
		"names that meet in flat JSON": {merge(a, b), render.Output{}, []*sopsfile.Tree{json(`{"a.b": 1}`), json(`{"a": {"b": 2}}`)}, "",
			`two values would land under the name "a.b": ["a.b"] and ["a"]["b"]`},
	} {
		t.Run(name, func(t *testing.T) {
			got, names, err := selected(t, tt.of, tt.o, tt.trees...)
			if msg := fmt.Sprint(err); tt.fail == "" && err != nil || tt.fail != "" && msg != tt.fail {
				t.Errorf("got %s, want %s", msg, tt.fail)
			}
			if got != tt.want { // test data
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if tt.fail == "" && tt.o.Mode == "" && tt.want != "{}" && strings.Count(got, `":`) != len(names) {
				t.Errorf("got the names %q", names)
			}
		})
	}
}

// Files that cannot be taken apart are refused with the file's name, wherever they stand.
func TestSelectionOfWholeFilesAlone(t *testing.T) {
	_, binary := load(t, "keystore.bin")
	_, ini := load(t, "sections.ini")
	_, documents := load(t, "documents.yaml")
	fine := encrypted(t, sopsfile.JSON, `{"a": 1}`)
	a, b := render.Selection{Name: "a"}, render.Selection{Name: "b"}
	for _, tree := range []*sopsfile.Tree{binary, ini, documents} {
		_, _, err := selected(t, render.Selection{Of: []render.Selection{a, b}, Combine: render.Merge}, render.Output{}, fine, tree)
		if err == nil || !strings.HasPrefix(err.Error(), "b: ") {
			t.Errorf("got %v", err)
		}
	}
	a.Part = "x"
	for _, tree := range []*sopsfile.Tree{binary, documents} {
		if _, _, err := selected(t, a, render.Output{}, tree); err == nil || !strings.Contains(err.Error(), "set the Format") && !strings.Contains(err.Error(), "split it") {
			t.Errorf("got %v", err)
		}
	}
	if _, err := a.Tree([]*sopsfile.Tree{fine, fine}); err == nil {
		t.Error("got no error for a file too many")
	}
}
