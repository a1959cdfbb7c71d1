package render_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// The files are those of package sopsfile: real ones, with what sops 3.13.3
// decrypts of each beside it.
const testdata = "../sopsfile/testdata"

type ageKeys []age.Identity

func (a ageKeys) Unwrap(_ context.Context, k sopsfile.MasterKey) ([]byte, error) {
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(k.EncryptedDataKey)), a...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func load(t testing.TB, name string) (structure, tree *sopsfile.Tree) {
	t.Helper()
	keys, err := os.ReadFile(filepath.Join(testdata, "THROW-AWAY-TEST-KEYS.txt"))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(keys))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(testdata, name))
	if err != nil {
		t.Fatal(err)
	}
	f, err := sopsfile.Parse(data, sopsfile.FormatOf(name))
	if err != nil {
		t.Fatal(err)
	}
	tree, err = f.Decrypt(t.Context(), ageKeys(ids))
	if err != nil {
		t.Fatal(err)
	}
	return f.Structure(), tree
}

func TestRender(t *testing.T) {
	for _, tt := range []struct {
		file string
		mode render.Mode
		want string
	}{
		{"types.json", render.Flat, `{"string":"t0p-s3cret","int":"9007199254740993","account":"123456789012","million":"1000000","float":"1.5",` +
			`"huge":"1000000000000000000000","yes":"true","no":"false","null":null,"empty":"","map":{},"list":[],"html":"<a>&","unicode":"ключ 𝄞",` +
			`"multi":"one\ntwo","deep.list[0]":"1","deep.list[1].k":"nested-v4lue","deep.list[2][0]":"true","deep.a:b":"colon","dot.ted":"d",` +
			`"note_unencrypted":"clear note","num_unencrypted":"1000000000000000000000"}`},
		{"types.json", render.Nested, `{"string":"t0p-s3cret","int":9007199254740993,"account":123456789012,"million":1000000,"float":1.5,` +
			`"huge":1000000000000000000000,"yes":true,"no":false,"null":null,"empty":"","map":{},"list":[],"html":"<a>&","unicode":"ключ 𝄞",` +
			`"multi":"one\ntwo","deep":{"list":[1,{"k":"nested-v4lue"},[true]],"a:b":"colon"},"dot.ted":"d","note_unencrypted":"clear note",` +
			`"num_unencrypted":1000000000000000000000}`},
		{"types.yaml", render.Flat, `{"string":"t0p-s3cret","int":"9007199254740993","float":"1.5","yes":"true","null":null,"empty":"","day":"2020-01-02T00:00:00Z",` +
			`"map":{},"list[0]":"1","list[1].k":"nested-v4lue","list[2][0]":"true","base.user":"u-17","derived.user":"u-17","derived.more":"x",` +
			`"block":"line one\nline two\n","note_unencrypted":"clear note","num_unencrypted":"16"}`},
		{"types.yaml", render.Nested, `{"string":"t0p-s3cret","int":9007199254740993,"float":1.5,"yes":true,"null":null,"empty":"","day":"2020-01-02T00:00:00Z",` +
			`"map":{},"list":[1,{"k":"nested-v4lue"},[true]],"base":{"user":"u-17"},"derived":{"user":"u-17","more":"x"},` +
			`"block":"line one\nline two\n","note_unencrypted":"clear note","num_unencrypted":16}`},
		// A map's own entry comes before a merged one, and an earlier map before a later one.
		{"merge.yaml", render.Flat, `{"db.pass":"demo-db","db.user":"u","log.user":"l","log.level":"1","app1.pass":"demo-db","app1.user":"own",` +
			`"app2.user":"own","app2.level":"1","app2.pass":"demo-db","app3.user":"u","app3.level":"2","app3.pass":"own","list[0].user":"l","list[0].level":"1","list[0].more":"x"}`},
		{"merge.yaml", render.Nested, `{"db":{"pass":"demo-db","user":"u"},"log":{"user":"l","level":1},"app1":{"pass":"demo-db","user":"own"},` +
			`"app2":{"user":"own","level":1,"pass":"demo-db"},"app3":{"user":"u","level":2,"pass":"own"},"list":[{"user":"l","level":1,"more":"x"}]}`},
		{"lines.env", render.Flat, `{"USER":"t0p-s3cret","SPACED":" a b ","EQUALS":"a=b","QUOTED":"\"q\"","LINES":"one\ntwo","EMPTY":"","NOTE_unencrypted":"clear note"}`},
		{"sections.ini", render.Flat, `{"DEFAULT.top":"t0p-s3cret","one.user":"u-17","two.user":"u-18","one.other":"x"}`},
		{"keystore.bin", render.Binary, "PK\x00\xff t0p-s3cret"},
	} {
		t.Run(fmt.Sprint(tt.file, " ", tt.mode), func(t *testing.T) {
			_, tree := load(t, tt.file)
			out, err := render.Render(tree, tt.mode)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(out.Reveal()); got != tt.want { // test data, so it may be shown
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRenderRawIsWhatSopsDecrypts(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(testdata, "*.raw"))
	if err != nil || len(names) < 15 {
		t.Fatalf("got %d files, %v", len(names), err)
	}
	for _, name := range names {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		name = strings.TrimSuffix(filepath.Base(name), ".raw")
		t.Run(name, func(t *testing.T) {
			mode := render.Raw
			if sopsfile.FormatOf(name) == sopsfile.Binary {
				mode = render.Binary
			}
			_, tree := load(t, name)
			out, err := render.Render(tree, mode)
			if err != nil {
				t.Fatal(err)
			}
			if got := out.Reveal(); !bytes.Equal(got, want) {
				t.Errorf("got\n%q\nwant\n%q", got, want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		file string
		mode render.Mode
		want []string
	}{
		{"types.yaml", render.Flat, []string{
			"string", "int", "float", "yes", "null", "empty", "day", "map", "list[0]", "list[1].k", "list[2][0]",
			"base.user", "derived.user", "derived.more", "block", "note_unencrypted", "num_unencrypted",
		}},
		{"types.yaml", render.Nested, []string{
			"string", "int", "float", "yes", "null", "empty", "day", "map", "list", "base", "derived", "block", "note_unencrypted", "num_unencrypted",
		}},
		{"sections.ini", render.Flat, []string{"DEFAULT.top", "one.user", "two.user", "one.other"}},
		{"documents.yaml", render.Raw, nil},
		{"keystore.bin", render.Binary, nil},
	} {
		t.Run(fmt.Sprint(tt.file, " ", tt.mode), func(t *testing.T) {
			structure, tree := load(t, tt.file)
			for what, of := range map[string]*sopsfile.Tree{"structure": structure, "decrypted tree": tree} {
				got, err := render.Names(of, render.Output{Mode: tt.mode})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("%s: got %q, want %q", what, got, tt.want)
				}
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	_, env := load(t, "lines.env")
	structure, _ := load(t, "types.json")
	_, docs := load(t, "documents.yaml")
	_, ini := load(t, "sections.ini")
	_, bin := load(t, "keystore.bin")
	_, bytes := load(t, "bytes.json")
	const notUTF8 = "text that is not UTF-8, which a string secret cannot hold; put such content into a file of the binary format, and use OutputBinary"
	const noNames = "a file of the binary format has no names; use OutputBinary, or OutputRaw for text; if it is of another format than its ending says, set the Format of its SopsFile"
	const unreadable = "text that sops writes as YAML which reads back as something else or not at all; use OutputNestedJSON or OutputFlatJSON, or remove the spaces and tabs at the start of its first line"
	for _, tt := range []struct {
		tree *sopsfile.Tree
		mode render.Mode
		want string
	}{
		{structure, render.Flat, `the tree is a structure without values`},
		{env, "xml", `no such rendering: "xml"`},
		{env, render.Binary, `OutputBinary is for a file of the binary format; use OutputRaw, or encrypt the file again with "sops encrypt --input-type binary"`},
		{docs, render.Flat, `the file holds 2 YAML documents, and one JSON object cannot; use OutputRaw, or split it`},
		{docs, render.Nested, `the file holds 2 YAML documents, and one JSON object cannot; use OutputRaw, or split it`},
		{ini, render.Nested, `two values would land under the name "one": both stand at ["one"]`},
		{bin, render.Flat, noNames},
		{bin, render.Nested, noNames},
		{bin, render.Raw, `its content is not UTF-8 text, which a secret string cannot hold; use OutputBinary`},
		{bytes, render.Raw, `value at "a": ` + notUTF8},
		{encrypted(t, sopsfile.YAML, `a: "\ta\n"`+"\n"), render.Raw, `value at "a": ` + unreadable},
		{encrypted(t, sopsfile.YAML, `a: ["\ta\n"]`+"\n"), render.Raw, `value at "a[0]": ` + unreadable},
		{encrypted(t, sopsfile.YAML, `a: ["b", " a\n"]`+"\n"), render.Raw, `value at "a[1]": ` + unreadable},
		{encrypted(t, sopsfile.YAML, `a: [b: ["\n a\n", "c"]]`+"\n"), render.Raw, `value at "a[0].b[0]": ` + unreadable},
		{encrypted(t, sopsfile.JSON, `{"a.b": 1, "a": {"b": 2}}`), render.Flat, `two values would land under the name "a.b": ["a.b"] and ["a"]["b"]`},
		{encrypted(t, sopsfile.JSON, `{"a[0]": 1, "a": [2]}`), render.Flat, `two values would land under the name "a[0]": ["a[0]"] and ["a"][0]`},
		{encrypted(t, sopsfile.JSON, `{"a": {"": []}, "a.": {}}`), render.Flat, `two values would land under the name "a.": ["a"][""] and ["a."]`},
		{encrypted(t, sopsfile.YAML, "a: {b: [.inf]}\n"), render.Flat, `value at "a.b[0]": a number that is not finite, which JSON cannot hold`},
		{encrypted(t, sopsfile.YAML, "a: {b: [.nan]}\n"), render.Nested, `value at "a.b[0]": a number that is not finite, which JSON cannot hold`},
		{encrypted(t, sopsfile.Dotenv, "A\xff=b\n"), render.Flat, `value at "A\xff": a name that is not UTF-8, which JSON cannot hold`},
		{encrypted(t, sopsfile.Dotenv, "A=b\xff\n"), render.Flat, `value at "A": ` + notUTF8},
	} {
		_, err := render.Render(tt.tree, tt.mode)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: got  %v\nwant %s", tt.mode, err, tt.want)
		}
	}
	// Where names alone decide, they fail alike.
	for _, tt := range []struct {
		tree *sopsfile.Tree
		mode render.Mode
	}{
		{docs, render.Flat}, {docs, render.Nested}, {ini, render.Nested}, {env, "xml"},
		{encrypted(t, sopsfile.Dotenv, "A\xff=b\n"), render.Flat}, {encrypted(t, sopsfile.Dotenv, "A\xff=b\n"), render.Nested},
		{encrypted(t, sopsfile.JSON, `{"a.b": 1, "a": {"b": 2}}`), render.Flat},
	} {
		_, want := render.Render(tt.tree, tt.mode)
		if _, got := render.Names(tt.tree, render.Output{Mode: tt.mode}); got == nil || got.Error() != want.Error() {
			t.Errorf("%s: got %v, want %v", tt.mode, got, want)
		}
	}
}

func TestRenderEscapesNoMoreThanNeeded(t *testing.T) {
	tree := encrypted(t, sopsfile.JSON, `{"<k>": "\u2028<&>'/\u007f\"\\\b\u0000\u001f"}`)
	out, err := render.Render(tree, render.Flat)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out.Reveal()), "{\"<k>\":\"\u2028<&>'/\u007f\\\"\\\\\\u0008\\u0000\\u001f\"}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
