package sopsfile_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// replace changes the first match in a file of testdata.
func replace(t *testing.T, name, pattern, with string) []byte {
	t.Helper()
	data := read(t, name)
	at := regexp.MustCompile(pattern).FindIndex(data)
	if at == nil {
		t.Fatalf("%s has no %s", name, pattern)
	}
	return append(append(bytes.Clone(data[:at[0]]), with...), data[at[1]:]...)
}

func TestParseRefuses(t *testing.T) {
	const form = `not a complete ENC[AES256_GCM,…] token in the form that sops writes`
	tests := []struct {
		name   string
		format sopsfile.Format
		data   []byte
		want   string
	}{
		{"clear", sopsfile.JSON, read(t, "clear.json"), `the file is not encrypted: it has no sops metadata`},
		{"clear yaml", sopsfile.YAML, []byte("a: b\n"), `the file is not encrypted: it has no sops metadata`},
		{"clear dotenv", sopsfile.Dotenv, []byte("A=b\n"), `the file is not encrypted: it has no sops metadata`},
		{"clear ini", sopsfile.INI, []byte("[a]\nb=c\n"), `the file is not encrypted: it has no sops metadata`},
		{"clear binary", sopsfile.Binary, []byte("PK\x03"), `the file is not encrypted: it has no sops metadata`},
		{"broken binary", sopsfile.Binary, read(t, "keystore.bin")[:500], `not JSON at line 6, column 332`},
		{"clear JSON as INI", sopsfile.INI, []byte(`{"a": "b"}`), `the file is not encrypted: it has no sops metadata`},
		{"encrypted JSON as dotenv", sopsfile.Dotenv, []byte(`{"a=": "b", "sops": {}}`), `no sops metadata where the format dotenv has it; the content looks like json`},
		{"nothing", sopsfile.YAML, nil, `the file is not encrypted: it has no sops metadata`},
		{"no such format", "toml", nil, `no such format: "toml"`},
		{"too large", sopsfile.JSON, make([]byte, 2<<20+1), `the file is over 2 MiB`},

		{"YAML as JSON", sopsfile.JSON, read(t, "types.yaml"), `not JSON at line 1, column 1; the content looks like yaml, not json`},
		{"dotenv as YAML", sopsfile.YAML, read(t, "lines.env"), `a YAML document that is not a map at its top; the content looks like dotenv, not yaml`},
		{"INI as dotenv", sopsfile.Dotenv, read(t, "sections.ini"), `line 4 is neither NAME=VALUE nor a comment; the content looks like ini, not dotenv`},
		{"JSON as INI", sopsfile.INI, read(t, "types.json"), `not INI: a line is neither [SECTION] nor NAME=VALUE nor a comment, or a quote is open; the content looks like json, not ini`},
		{"YAML as binary", sopsfile.Binary, read(t, "types.yaml"), `not JSON at line 1, column 1; the content looks like yaml, not binary`},

		{"duplicate name", sopsfile.JSON, replace(t, "types.json", `"int":`, `"string":`), `value at "string": the name stands twice in one map, and sops readers differ in which one counts`},
		{"duplicate name below", sopsfile.YAML, replace(t, "types.yaml", `(?m)^base:\n    user:.*\n`, "base:\n    user: \"\"\n    user: \"\"\n"), `value at "base.user": the name stands twice in one map, and sops readers differ in which one counts`},
		{"duplicate name in dotenv", sopsfile.Dotenv, replace(t, "lines.env", `QUOTED=`, `USER=`), `value at "USER": the name stands twice in one map, and sops readers differ in which one counts`},
		{"duplicate name in INI", sopsfile.INI, replace(t, "sections.ini", `user = `, "user = x\nuser = "), `value at "one.user": the name stands twice in one map, and sops readers differ in which one counts`},
		{"text behind the end", sopsfile.JSON, append(read(t, "types.json"), '{', '}'), `there is text behind the JSON object`},
		{"invalid UTF-8", sopsfile.JSON, replace(t, "types.json", `"string"`, "\"str\xffng\""), `the JSON text is not valid UTF-8`},
		{"top-level list", sopsfile.JSON, []byte(`[1]`), `the JSON text is not one object at its top`},
		{"lone surrogate", sopsfile.JSON, []byte(`{"a": "\ud800"}`), `not JSON at line 1, column 13`},
		{"leading zero", sopsfile.JSON, []byte("{\n\"a\": 01}"), `not JSON at line 2, column 7`},
		{"YAML syntax", sopsfile.YAML, []byte("a: b\nc: [s3cret\nd: }\n"), `not YAML at line 1`},
		{"YAML list", sopsfile.YAML, []byte("- a\n"), `a YAML document that is not a map at its top`},
		{"YAML number as a name", sopsfile.YAML, []byte("1: a\n"), `a name that is not a plain string`},
		{"YAML tag that does not fit", sopsfile.YAML, []byte("a: !!int s3cret\n"), `value at "a": a YAML value that does not fit its tag, or of a type that sops does not know`},
		{"YAML merge of text", sopsfile.YAML, []byte("<<: s3cret\n"), `a YAML merge key whose value is not a map, which sops cannot read`},

		{"clear value", sopsfile.JSON, replace(t, "types.json", `"int": "[^"]*"`, `"int": "s3cret"`), `value at "int": a clear value where the file's rule selects encryption`},
		{"clear number", sopsfile.JSON, replace(t, "types.json", `"int": "[^"]*"`, `"int": 5`), `value at "int": a clear value where the file's rule selects encryption`},
		{"clear item", sopsfile.YAML, replace(t, "types.yaml", `- - ENC.*`, `- - s3cret`), `value at "list[2][0]": a clear value where the file's rule selects encryption`},
		{"token where none is due", sopsfile.JSON, replace(t, "types.json", `"int":`, `"int_unencrypted":`), `value at "int_unencrypted": an encrypted value where the file's rule selects none: it would land as it stands`},
		{"cut token", sopsfile.JSON, replace(t, "types.json", `,type:str\]`, `,type:str`), `value at "string": ` + form},
		{"text behind a token", sopsfile.JSON, replace(t, "types.json", `,type:str\]`, `,type:str] `), `value at "string": ` + form},
		{"carriage return", sopsfile.Dotenv, replace(t, "lines.env", `,type:str\]\n`, ",type:str]\r\n"), `value at "USER": ` + form},
		{"another field", sopsfile.JSON, replace(t, "types.json", `,iv:`, `,aad:x,iv:`), `value at "string": ` + form},
		{"line break in base64", sopsfile.JSON, replace(t, "types.json", `ENC\[AES256_GCM,data:..`, `ENC[AES256_GCM,data:\n\nab`), `value at "string": ` + form},
		{"no data", sopsfile.JSON, replace(t, "types.json", `data:[^,]*`, `data:`), `value at "string": ` + form},
		{"short nonce", sopsfile.JSON, replace(t, "types.json", `iv:....`, `iv:`), `value at "string": ` + form},
		{"type bytes", sopsfile.JSON, replace(t, "types.json", `type:str`, `type:bytes`), `value at "string": the token has the type bytes, which no sops command writes`},
		{"unknown type", sopsfile.JSON, replace(t, "types.json", `type:str`, `type:secret`), `value at "string": the token has an unknown type`},
		{"comment as a value", sopsfile.JSON, replace(t, "types.json", `type:str`, `type:comment`), `value at "string": a token of the type comment as the value of a map's entry`},

		{"two rules", sopsfile.JSON, replace(t, "types.json", `"unencrypted_suffix"`, `"encrypted_regex": "a", "unencrypted_suffix"`), `the metadata has more than one rule for what is encrypted`},
		{"rule in capitals", sopsfile.JSON, replace(t, "types.json", `"unencrypted_suffix"`, `"Unencrypted_suffix"`), `the metadata is not what sops writes: "Unencrypted_suffix" differs from a known name in case alone`},
		{"broken rule", sopsfile.JSON, replace(t, "regex.json", `"encrypted_regex": "`, `"encrypted_regex": "(`), `the metadata is not what sops writes: "encrypted_regex" is not a regular expression of Go`},
		{"no MAC", sopsfile.JSON, replace(t, "types.json", `"mac": "[^"]*"`, `"mac": ""`), `the metadata is not what sops writes: "mac" is not a complete ENC[AES256_GCM,…] token`},
		{"no time", sopsfile.JSON, replace(t, "types.json", `"lastmodified": "[^"]*"`, `"lastmodified": "yesterday"`), `the metadata is not what sops writes: "lastmodified" is not a time as RFC 3339`},
		{"no keys", sopsfile.JSON, replace(t, "types.json", `"age"`, `"old"`), `the metadata names no master key, so nobody can decrypt the file`},
		{"keys are no list", sopsfile.JSON, replace(t, "types.json", `"age": \[`, `"kms": "x", "age": [`), `the metadata is not what sops writes: "kms" is not a list`},
		{"threshold over the groups", sopsfile.JSON, replace(t, "groups.json", `"shamir_threshold": 2`, `"shamir_threshold": 4`), `the metadata is not what sops writes: "shamir_threshold" is more than there are key groups`},
		{"metadata is text", sopsfile.JSON, []byte(`{"sops": "x"}`), `the metadata is not what sops writes: "sops" is not a map`},
		{"metadata twice in INI", sopsfile.INI, append(read(t, "sections.ini"), "[sops]\na = b\n"...), `the metadata is not what sops writes: "sops" stands twice`},
		{"gap in flat metadata", sopsfile.Dotenv, bytes.ReplaceAll(read(t, "lines.env"), []byte("list_0"), []byte("list_1")), `the metadata is not what sops writes: "age" is a list with a gap`},

		{"binary with more", sopsfile.Binary, replace(t, "keystore.bin", `"data"`, `"more": "", "data"`), `a file in the binary format holds exactly one string "data" beside its metadata`},
		{"binary without data", sopsfile.Binary, replace(t, "keystore.bin", `"data"`, `"date"`), `a file in the binary format holds exactly one string "data" beside its metadata`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sopsfile.Parse(tt.data, tt.format)
			if err == nil {
				t.Fatalf("got no error, want %s", tt.want)
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Error("the error holds a value")
			}
			if got, want := errors.Is(err, sopsfile.ErrNotEncrypted), strings.Contains(tt.want, "is not encrypted"); got != want {
				t.Errorf("got ErrNotEncrypted %v, want %v", got, want)
			}
		})
	}
}

var tokens = regexp.MustCompile(`ENC\[AES256_GCM,data:[^\]]*type:([a-z]+)\]`)

// Every leaf is given every other type, and the error may hold neither a value nor
// a hash of one. (The official message quotes the value that it cannot read.)
func TestErrorsOfRetaggedValuesAreSilent(t *testing.T) {
	for _, name := range []string{"types.json", "types.yaml", "lines.env", "sections.ini", "keystore.bin", "mac-only.json"} {
		values := secrets(t, name)
		data := read(t, name)
		refused := 0
		for _, at := range tokens.FindAllSubmatchIndex(data, -1) {
			for _, tag := range []string{"str", "int", "float", "bool", "time", "comment", "bytes", "x"} {
				changed := append(append(bytes.Clone(data[:at[2]]), tag...), data[at[3]:]...)
				f, err := sopsfile.Parse(changed, sopsfile.FormatOf(name))
				if err == nil {
					_, err = f.Decrypt(t.Context(), testKeys(t))
				}
				if err != nil {
					refused++
					checkSilent(t, name, err, values)
				}
			}
		}
		if refused < 5 {
			t.Errorf("%s: got %d refusals, want more", name, refused)
		}
	}
}

// Clear text in place of an encrypted file, in every format, with the secrets at
// the places where parsers stumble.
func TestErrorsOfClearFilesAreSilent(t *testing.T) {
	values := []string{"s3cret-v4lue"}
	for _, format := range []sopsfile.Format{sopsfile.JSON, sopsfile.YAML, sopsfile.Dotenv, sopsfile.INI, sopsfile.Binary} {
		for _, text := range []string{
			`s3cret-v4lue`, `{"a": s3cret-v4lue}`, `{"a": "s3cret-v4lue"`, `{"a": "s3cret-v4lue", "a": 1}`, "a: s3cret-v4lue\n", "a: [s3cret-v4lue\n", "a: !!int s3cret-v4lue\n",
			"a: !!s3cret-v4lue {\n", "a: *s3cret-v4lue\n", "\"s3cret-v4lue\": \"\\x\"\n", "A=s3cret-v4lue\n", "A s3cret-v4lue\n", "[s3cret-v4lue\n", "[a]\ns3cret-v4lue\n", "a = \"\"\"s3cret-v4lue\n", "a = `s3cret-v4lue\n",
			"%s3cret-v4lue\n", "@s3cret-v4lue", "\x00s3cret-v4lue", "a: \"s3cret-v4lue\nb", "sops: s3cret-v4lue\n", `{"sops": {"mac": "s3cret-v4lue", "lastmodified": "s3cret-v4lue"}}`, "sops_mac=s3cret-v4lue\nsops_lastmodified=s3cret-v4lue\n",
		} {
			_, err := sopsfile.Parse([]byte(text), format)
			if err == nil {
				t.Errorf("%s: got no error", format)
				continue
			}
			checkSilent(t, string(format), err, values)
		}
	}
}

// secrets are the values of a file that are long enough to be told in an error.
func secrets(t *testing.T, name string) []string {
	var list []string
	var walk func(n sopsfile.Node)
	walk = func(n sopsfile.Node) {
		if text := string(n.Text().Reveal()); len(text) > 3 {
			list = append(list, text)
		}
		for i := range n.Len() {
			walk(n.At(i))
		}
	}
	tree := decrypt(t, name)
	for i := range tree.Len() {
		walk(tree.Document(i))
	}
	return list
}

// checkSilent fails when an error tells a value, a part of the file, or a hash.
func checkSilent(t *testing.T, name string, err error, values []string) {
	t.Helper()
	text := fmt.Sprintf("%s %+v %#v", err, err, err)
	for _, v := range values {
		sum := sha256.Sum256([]byte(v))
		for _, s := range []string{v, hex.EncodeToString(sum[:])} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(s)) && !strings.Contains("true false null", strings.ToLower(s)) {
				t.Errorf("%s: an error holds a value", name)
			}
		}
	}
	if regexp.MustCompile(`[0-9A-Fa-f]{32}|data:[A-Za-z0-9+/]`).MatchString(err.Error()) {
		t.Errorf("%s: an error holds a token or a hash", name)
	}
}
