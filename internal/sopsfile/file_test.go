package sopsfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func TestDecryptGivesEveryTypeDigitByDigit(t *testing.T) {
	for _, tt := range []struct {
		file string
		path []any
		kind sopsfile.Kind
		text string
	}{
		{"types.json", []any{"int"}, sopsfile.Int, "9007199254740993"},
		{"types.json", []any{"account"}, sopsfile.Int, "123456789012"},
		{"types.json", []any{"million"}, sopsfile.Int, "1000000"},
		{"types.json", []any{"float"}, sopsfile.Float, "1.5"},
		{"types.json", []any{"huge"}, sopsfile.Float, "1000000000000000000000"},
		{"types.json", []any{"num_unencrypted"}, sopsfile.Float, "1000000000000000000000"},
		{"types.json", []any{"yes"}, sopsfile.Bool, "True"},
		{"types.json", []any{"no"}, sopsfile.Bool, "False"},
		{"types.json", []any{"null"}, sopsfile.Null, ""},
		{"types.json", []any{"empty"}, sopsfile.String, ""},
		{"types.json", []any{"map"}, sopsfile.Map, ""},
		{"types.json", []any{"list"}, sopsfile.List, ""},
		{"types.json", []any{"deep", "list", 1, "k"}, sopsfile.String, "nested-v4lue"},
		{"types.json", []any{"deep", "list", 2, 0}, sopsfile.Bool, "True"},
		{"types.json", []any{"deep", "a:b"}, sopsfile.String, "colon"},
		{"types.yaml", []any{"day"}, sopsfile.Time, "2020-01-02T00:00:00Z"},
		{"types.yaml", []any{"list", 0}, sopsfile.Int, "1"},
		{"types.yaml", []any{"derived", "<<", "user"}, sopsfile.String, "u-17"},
		{"types.yaml", []any{"block"}, sopsfile.String, "line one\nline two\n"},
		{"types.yaml", []any{"num_unencrypted"}, sopsfile.Int, "16"},
		{"lines.env", []any{"SPACED"}, sopsfile.String, " a b "},
		{"lines.env", []any{"EQUALS"}, sopsfile.String, "a=b"},
		{"lines.env", []any{"QUOTED"}, sopsfile.String, `"q"`},
		{"lines.env", []any{"LINES"}, sopsfile.String, "one\ntwo"},
		{"sections.ini", []any{"DEFAULT", "top"}, sopsfile.String, "t0p-s3cret"},
		{"keystore.bin", []any{"data"}, sopsfile.String, "PK\x00\xff t0p-s3cret"},
	} {
		t.Run(fmt.Sprint(tt.file, tt.path), func(t *testing.T) {
			n := find(t, decrypt(t, tt.file), tt.path...)
			if n.Kind() != tt.kind {
				t.Errorf("got kind %v, want %v", n.Kind(), tt.kind)
			}
			if got := string(n.Text().Reveal()); got != tt.text {
				t.Errorf("got another text of %d bytes, want %d", len(got), len(tt.text))
			}
		})
	}
}

func TestDecryptReadsEveryFile(t *testing.T) {
	names, err := filepath.Glob("testdata/*.raw")
	if err != nil || len(names) < 15 {
		t.Fatalf("got %d files, %v", len(names), err)
	}
	for _, name := range names {
		name := strings.TrimSuffix(filepath.Base(name), ".raw")
		t.Run(name, func(t *testing.T) {
			tree := decrypt(t, name)
			if !tree.HasValues() {
				t.Error("got a tree without values")
			}
			if got, want := shape(parse(t, name).Structure()), shape(tree); got != want {
				t.Errorf("got the structure\n%s\nwant that of the decrypted tree\n%s", got, want)
			}
		})
	}
}

// shape is what a structure tells.
func shape(tree *sopsfile.Tree) string {
	var b strings.Builder
	var walk func(n sopsfile.Node, indent string)
	walk = func(n sopsfile.Node, indent string) {
		fmt.Fprintf(&b, "%s%q %v\n", indent, n.Key(), n.Kind())
		for i := range n.Len() {
			walk(n.At(i), indent+"  ")
		}
	}
	for i := range tree.Len() {
		walk(tree.Document(i), "")
	}
	return b.String()
}

func TestStructureHasNoValues(t *testing.T) {
	var walk func(n sopsfile.Node)
	walk = func(n sopsfile.Node) {
		if n.Text().Len() > 0 {
			t.Errorf("got a text of %d bytes at %q, want none", n.Text().Len(), n.Key())
		}
		for i := range n.Len() {
			walk(n.At(i))
		}
	}
	s := parse(t, "types.yaml").Structure()
	if s.HasValues() {
		t.Error("got HasValues, want none")
	}
	walk(s.Document(0))
}

func TestParseKeepsNothingOfItsInput(t *testing.T) {
	data := read(t, "types.json")
	f, err := sopsfile.Parse(data, sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if _, err := f.Decrypt(t.Context(), testKeys(t)); err != nil {
		t.Errorf("got %v after the input was overwritten, want no error", err)
	}
}

func TestParseMetadata(t *testing.T) {
	m := parse(t, "groups.json").Metadata()
	if got := len(m.Groups); got != 3 {
		t.Errorf("got %d groups, want 3", got)
	}
	if m.ShamirThreshold != 2 {
		t.Errorf("got threshold %d, want 2", m.ShamirThreshold)
	}
	if m.Version != "3.13.3" {
		t.Errorf("got version %q, want 3.13.3", m.Version)
	}
	if want := (sopsfile.Rule{Type: sopsfile.UnencryptedSuffix, Pattern: "_unencrypted"}); m.Rule != want {
		t.Errorf("got rule %v, want %v", m.Rule, want)
	}
	m = parse(t, "mac-only.json").Metadata()
	if !m.MACOnlyEncrypted || m.Rule.Type != sopsfile.EncryptedRegex {
		t.Errorf("got mac-only %v and rule %v", m.MACOnlyEncrypted, m.Rule)
	}
}

// Top-level lists count before key_groups, and each entry keeps its role, context
// and profile.
func TestParseMetadataKeys(t *testing.T) {
	data := edit(t, "types.json", func(meta map[string]any) {
		meta["key_groups"] = []any{map[string]any{"age": meta["age"]}, map[string]any{"age": meta["age"]}}
		meta["pgp"] = []any{map[string]any{"fp": "FINGERPRINT", "created_at": "2024-01-02T03:04:05Z", "enc": "x"}}
		meta["gcp_kms"] = nil
		meta["hc_vault"] = []any{}
		meta["kms"] = []any{map[string]any{
			"arn": "arn:aws-cn:kms:cn-north-1:111122223333:key/k", "role": "arn:aws-cn:iam::111122223333:role/r",
			"context": map[string]any{"Team": "t"}, "created_at": "2024-01-02T03:04:05Z", "enc": "x", "aws_profile": "p",
		}}
	})
	f, err := sopsfile.Parse(data, sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	groups := f.Metadata().Groups
	if len(groups) != 1 || len(groups[0]) != 3 {
		t.Fatalf("got %v, want one group of three keys", groups)
	}
	k := groups[0][0]
	if k.Type != sopsfile.KMS || k.ID != "arn:aws-cn:kms:cn-north-1:111122223333:key/k" ||
		k.Role != "arn:aws-cn:iam::111122223333:role/r" || k.Context["Team"] != "t" || k.AWSProfile != "p" {
		t.Errorf("got %+v", k)
	}
	if groups[0][1].Type != sopsfile.PGP || groups[0][2].Type != sopsfile.Age {
		t.Errorf("got the order %v, want kms, pgp, age", groups[0])
	}
}

func TestDecryptRefusesAChangedMAC(t *testing.T) {
	data := replace(t, "types.json", `"account": "[^"]*",`, "")
	f, err := sopsfile.Parse(data, sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Decrypt(t.Context(), testKeys(t)); !errors.Is(err, sopsfile.ErrMAC) {
		t.Errorf("got %v, want ErrMAC", err)
	}
}

func TestDecryptBindsValuesToTheirNames(t *testing.T) {
	data := bytes.Replace(read(t, "types.json"), []byte(`"string"`), []byte(`"strong"`), 1)
	f, err := sopsfile.Parse(data, sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Decrypt(t.Context(), testKeys(t))
	if want := `value at "strong": the encrypted value was changed, or moved here from another name`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestFormatOf(t *testing.T) {
	for path, want := range map[string]sopsfile.Format{
		"a.yaml": sopsfile.YAML, "a.yml": sopsfile.YAML, "dir.json/a.env": sopsfile.Dotenv, "a.json": sopsfile.JSON, ".env": sopsfile.Dotenv,
		"a.ini": sopsfile.INI, "a.json.enc": sopsfile.Binary, "a.JSON": sopsfile.Binary, "a.env.sops": sopsfile.Binary, "": sopsfile.Binary, "a.sops.json": sopsfile.JSON,
	} {
		if got := sopsfile.FormatOf(path); got != want {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
}

// sops binds the MAC to the time as it prints it, whatever form the file has.
func TestDecryptTakesEveryFormOfLastModified(t *testing.T) {
	for _, with := range []string{"${1}+00:00", "${1}.75Z", "${1}-00:00", "${1}.000+00:00"} {
		data := read(t, "types.json")
		data = regexp.MustCompile(`("lastmodified": "[^"]*)Z`).ReplaceAll(data, []byte(with))
		f, err := sopsfile.Parse(data, sopsfile.JSON)
		if err != nil {
			t.Errorf("%s: %v", with, err)
			continue
		}
		if _, err := f.Decrypt(t.Context(), testKeys(t)); err != nil {
			t.Errorf("%s: %v", with, err)
		}
	}
}

// sops of 2015 wrote its version as a number.
func TestParseTakesANumberForAVersion(t *testing.T) {
	for _, c := range []struct{ name, pattern, with, want string }{
		{"types.yaml", `version: .*`, `version: 1.7`, "1.7"},
		{"types.json", `"version": "[^"]*"`, `"version": 1.7`, "1.7"},
		{"types.json", `"version": "[^"]*"`, `"version": 2`, "2"},
	} {
		file, err := sopsfile.Parse(replace(t, c.name, c.pattern, c.with), sopsfile.FormatOf(c.name))
		if err != nil {
			t.Errorf("%s: %v", c.with, err)
			continue
		}
		if got := file.Metadata().Version; got != c.want {
			t.Errorf("%s: got %q", c.with, got)
		}
		if _, err := file.Decrypt(t.Context(), testKeys(t)); err != nil {
			t.Errorf("%s: %v", c.with, err)
		}
	}
}

// Absent, null and empty lists of keys are the same, as sops wrote them over the
// years.
func TestParseTakesEveryFormOfEmptyKeyLists(t *testing.T) {
	for _, empty := range []any{nil, []any{}, map[string]any{}} {
		data := edit(t, "types.json", func(meta map[string]any) {
			for _, name := range []string{"kms", "pgp", "gcp_kms", "azure_kv", "hc_vault", "hckms", "key_groups"} {
				meta[name] = empty
			}
		})
		f, err := sopsfile.Parse(data, sopsfile.JSON)
		if err != nil {
			t.Errorf("%v: %v", empty, err)
			continue
		}
		if groups := f.Metadata().Groups; len(groups) != 1 || len(groups[0]) != 1 {
			t.Errorf("%v: got %v, want one age key", empty, groups)
		}
	}
}
