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
	const half = `half of a surrogate pair (\ud800 to \udfff), which stands for no character alone`
	const ends = `; lines of it end in CR LF: convert them to LF, and keep git from changing the file (a line "*.sops.* -text" in .gitattributes)`
	const crlf = `the metadata is not what sops writes: "lastmodified" is not a time as RFC 3339`
	const quotes = `has lost its quotes, so that it is read as something else than text; put it in quotes, as sops does`
	const clear, merge = `the file is not encrypted: it has no sops metadata`, `: a merge was not finished; take one of the two versions, and make the change of the other again with "sops edit"`
	const hidden = ` (its name is not shown, since it may be a part of a value): `
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
		{"broken binary", sopsfile.Binary, read(t, "keystore.bin")[:500], `not JSON at line 6, column 332: the text ends before the object does`},
		{"clear JSON as INI", sopsfile.INI, []byte(`{"a": "b"}`), `the file is not encrypted: it has no sops metadata`},
		{"encrypted JSON as dotenv", sopsfile.Dotenv, []byte(`{"a=": "b", "sops": {}}`), `no sops metadata where the format dotenv has it; the content looks like json`},
		{"nothing", sopsfile.YAML, nil, `the file is empty`},
		{"spaces alone", sopsfile.JSON, []byte(" \r\n"), `the file is empty`},
		{"no lines", sopsfile.Dotenv, []byte("\n"), `the file is empty`},
		{"comments alone", sopsfile.YAML, []byte("# s3cret\n---\n"), `the file is not encrypted: it has no sops metadata`},
		{"no such format", "toml", nil, `no such format: "toml"`},
		{"too large", sopsfile.JSON, append(read(t, "types.json"), make([]byte, 2<<20)...), `the file is over 2 MiB`},

		// "Not encrypted" comes before anything else that is wrong with a clear file.
		{"clear and cut", sopsfile.JSON, []byte(`{"a": "s3cret"`), clear + `; and it is no file of its format: not JSON at line 1, column 15: the text ends before the object does`},
		{"clear and doubled", sopsfile.JSON, []byte(`{"a": "s3cret", "a": 1}`), clear},
		{"clear list", sopsfile.JSON, []byte(`["s3cret"]`), clear},
		{"clear and not UTF-8", sopsfile.JSON, []byte("{\"a\": \"s3cret\xff\"}"), clear},
		{"clear and large", sopsfile.JSON, bytes.Repeat([]byte(`{"a": "s3cret"}`), 200_000), clear},
		{"clear YAML syntax", sopsfile.YAML, []byte("a: [s3cret\nb: }\n"), clear + `; and it is no file of its format: not YAML at line 1`},
		{"clear YAML list", sopsfile.YAML, []byte("- s3cret\n"), clear},
		{"clear YAML, number as a name", sopsfile.YAML, []byte("1: s3cret\n"), clear},
		{"clear YAML, doubled", sopsfile.YAML, []byte("s3cret: a\ns3cret: b\n"), clear},
		{"clear dotenv, doubled", sopsfile.Dotenv, []byte("MIIs3cret==\nMIIs3cret==\n"), clear},
		{"clear dotenv, a PEM key", sopsfile.Dotenv, []byte("A=b\n-----BEGIN PRIVATE KEY-----\nMIIs3cret==\n"), clear + `; and it is no file of its format: line 2 is neither NAME=VALUE nor a comment`},
		{"clear dotenv, the word export", sopsfile.Dotenv, []byte("export s3cret\n"), clear + `; and it is no file of its format: line 1 is neither NAME=VALUE nor a comment`},
		{"clear INI, doubled", sopsfile.INI, []byte("[s]\ns3cret = a\ns3cret = b\n"), clear},
		{"clear INI, an open quote", sopsfile.INI, []byte("[s]\na = \"\"\"s3cret\n"), clear},
		{"clear with a conflict", sopsfile.Dotenv, []byte("<<<<<<< HEAD\nA=s3cret\n=======\nA=b\n>>>>>>> other\n"), clear + `; and it is no file of its format: line 1 is neither NAME=VALUE nor a comment`},

		{"conflict in JSON", sopsfile.JSON, replace(t, "types.json", `\{\n`, "{\n<<<<<<< HEAD\n"), "line 2 is a conflict marker of git (<<<<<<<)" + merge},
		{"conflict in YAML", sopsfile.YAML, replace(t, "types.yaml", `\nsops:`, "\n>>>>>>> a branch\nsops:"), "LINE is a conflict marker of git (>>>>>>>)" + merge},
		{"conflict in dotenv", sopsfile.Dotenv, replace(t, "lines.env", `QUOTED=`, "=======\nQUOTED="), "LINE is a conflict marker of git (=======)" + merge},
		{"conflict in dotenv, CR LF", sopsfile.Dotenv, bytes.ReplaceAll(replace(t, "lines.env", `QUOTED=`, "=======\nQUOTED="), []byte("\n"), []byte("\r\n")), "LINE is a conflict marker of git (=======)" + merge},
		{"conflict in dotenv, of a branch with =", sopsfile.Dotenv, replace(t, "lines.env", `QUOTED=`, "<<<<<<< a=b\nQUOTED="), "LINE is a conflict marker of git (<<<<<<<)" + merge},
		{"conflict in INI, the ancestor", sopsfile.INI, replace(t, "sections.ini", `user = `, "||||||| 1234567\nuser = "), "LINE is a conflict marker of git (|||||||)" + merge},
		{"conflict in a keystore", sopsfile.Binary, replace(t, "keystore.bin", `\n\s*"sops"`, "\n<<<<<<< HEAD\n\"sops\""), "LINE is a conflict marker of git (<<<<<<<)" + merge},

		{"a pasted line of a key in dotenv", sopsfile.Dotenv, replace(t, "lines.env", `QUOTED=`, "MIIs3cret==\nQUOTED="), `LINE` + hidden + `a clear value where the file's rule selects encryption`},
		{"two pasted lines in dotenv", sopsfile.Dotenv, replace(t, "lines.env", `QUOTED=`, "MIIs3cret=\nMIIs3cret=\nQUOTED="), `LINE` + hidden + `the name stands twice in one map, and sops readers differ in which one counts`},
		{"a pasted address in dotenv", sopsfile.Dotenv, replace(t, "lines.env", `QUOTED=`, "https://u:s3cret@h/?a=b\nQUOTED="), `LINE` + hidden + `a clear value where the file's rule selects encryption`},
		{"a pasted line of a key in INI", sopsfile.INI, replace(t, "sections.ini", `user = `, "MIIs3cret+/==\nuser = "), `LINE` + hidden + `a clear value where the file's rule selects encryption`},
		{"a clear value in dotenv", sopsfile.Dotenv, replace(t, "lines.env", `QUOTED=`, "PASSWORD=s3cret\nQUOTED="), `value at "PASSWORD": a clear value where the file's rule selects encryption`},

		{"lastmodified without quotes", sopsfile.YAML, replace(t, "types.yaml", `lastmodified: "([^"]*)"`, `lastmodified: 2026-01-02T03:04:05Z`), `the metadata is not what sops writes: "lastmodified" ` + quotes},
		{"created_at without quotes", sopsfile.YAML, []byte("sops:\n    lastmodified: \"2026-01-02T03:04:05Z\"\n    mac: ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]\n    kms: [{arn: a, created_at: 2026-01-02T03:04:05Z, enc: AAAA}]\n"), `the metadata is not what sops writes: "kms[0].created_at" ` + quotes},
		{"a role that is a number", sopsfile.YAML, []byte("sops:\n    lastmodified: \"2026-01-02T03:04:05Z\"\n    mac: ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]\n    kms: [{arn: 5}]\n"), `the metadata is not what sops writes: "kms[0].arn" ` + quotes},
		{"a version that is a list", sopsfile.JSON, replace(t, "types.json", `"version": "[^"]*"`, `"version": [1]`), `the metadata is not what sops writes: "version" is not a string`},
		{"a version that is a date", sopsfile.YAML, replace(t, "types.yaml", `version: .*`, `version: 2020-01-01`), `the metadata is not what sops writes: "version" ` + quotes},
		{"key groups that are text beside a list", sopsfile.JSON, replace(t, "types.json", `"age": \[`, `"key_groups": "x", "age": [`), `the metadata is not what sops writes: "key_groups" is not a list`},
		{"key groups of text beside a list", sopsfile.YAML, replace(t, "types.yaml", `sops:`, "sops:\n    key_groups: [x]"), `the metadata is not what sops writes: "key_groups[0]" is not a map`},
		{"key groups with text beside a list", sopsfile.YAML, replace(t, "types.yaml", `sops:`, "sops:\n    key_groups: [{kms: x}]"), `the metadata is not what sops writes: "key_groups[0].kms" is not a list`},
		{"key groups that are text in dotenv", sopsfile.Dotenv, append(read(t, "lines.env"), "sops_key_groups=x\n"...), `the metadata is not what sops writes: "key_groups" is not a list`},

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
		{"top-level list", sopsfile.JSON, []byte(`[1, "ENC[AES256_GCM,"]`), `the JSON text is not one object at its top`},
		{"lone surrogate", sopsfile.JSON, []byte(`{"sops": "\ud800"}`), `not JSON at line 1, column 11: ` + half},
		{"lone low surrogate", sopsfile.JSON, []byte(`{"sops": "a\udfffb"}`), `not JSON at line 1, column 12: ` + half},
		{"two high surrogates", sopsfile.JSON, []byte(`{"sops": "\ud800\ud800"}`), `not JSON at line 1, column 11: ` + half},
		{"surrogate and another escape", sopsfile.JSON, []byte(`{"sops": "\ud800\n"}`), `not JSON at line 1, column 11: ` + half},
		{"surrogate at the end", sopsfile.JSON, []byte(`{"sops": "\ud800`), `not JSON at line 1, column 11: ` + half},
		{"unknown escape", sopsfile.JSON, []byte(`{"sops": "\s3cret"}`), `not JSON at line 1, column 12: an escape that JSON does not have`},
		{"cut escape", sopsfile.JSON, []byte(`{"sops": "\u12"}`), `not JSON at line 1, column 11: an escape that JSON does not have`},
		{"line break in a string", sopsfile.JSON, []byte("{\"sops\": \"s3cret\n\"}"), `not JSON at line 1, column 17: a line break or another control character inside a string`},
		{"comma at the end of a map", sopsfile.JSON, []byte(`{"sops": 1,}`), `not JSON at line 1, column 12: a comma before the end of a map or list`},
		{"comma at the end of a list", sopsfile.JSON, []byte(`{"sops": [1,]}`), `not JSON at line 1, column 13: a comma before the end of a map or list`},
		{"leading zero", sopsfile.JSON, []byte("{\n\"sops\": 01}"), `not JSON at line 2, column 10`},
		{"YAML syntax", sopsfile.YAML, []byte("sops: b\nc: [s3cret\nd: }\n"), `not YAML at line 1`},
		{"YAML without its end", sopsfile.YAML, replace(t, "types.yaml", `(?s)sops:.*`, ""), `it has encrypted values and no sops metadata, so a part of the file is missing`},
		{"dotenv without its end", sopsfile.Dotenv, replace(t, "lines.env", `(?s)sops_.*`, ""), `it has encrypted values and no sops metadata, so a part of the file is missing`},
		{"INI without its end", sopsfile.INI, replace(t, "sections.ini", `(?s)\[sops\].*`, ""), `it has encrypted values and no sops metadata, so a part of the file is missing`},
		{"YAML list", sopsfile.YAML, []byte("- a\n- ENC[AES256_GCM,\n"), `a YAML document that is not a map at its top`},
		{"YAML number as a name", sopsfile.YAML, []byte("1: a\nsops: {}\n"), `a name that is not a plain string`},
		{"YAML tag that does not fit", sopsfile.YAML, []byte("a: !!int s3cret\nsops: {}\n"), `value at "a": a YAML value that does not fit its tag, or of a type that sops does not know`},
		{"YAML merge of text", sopsfile.YAML, []byte("<<: s3cret\nsops: {}\n"), `a YAML merge key whose value is not a map, which sops cannot read`},

		{"clear value", sopsfile.JSON, replace(t, "types.json", `"int": "[^"]*"`, `"int": "s3cret"`), `value at "int": a clear value where the file's rule selects encryption`},
		{"clear number", sopsfile.JSON, replace(t, "types.json", `"int": "[^"]*"`, `"int": 5`), `value at "int": a clear value where the file's rule selects encryption`},
		{"clear item", sopsfile.YAML, replace(t, "types.yaml", `- - ENC.*`, `- - s3cret`), `value at "list[2][0]": a clear value where the file's rule selects encryption`},
		{"token where none is due", sopsfile.JSON, replace(t, "types.json", `"int":`, `"int_unencrypted":`), `value at "int_unencrypted": an encrypted value where the file's rule selects none: it would land as it stands`},
		{"cut token", sopsfile.JSON, replace(t, "types.json", `,type:str\]`, `,type:str`), `value at "string": ` + form},
		{"text behind a token", sopsfile.JSON, replace(t, "types.json", `,type:str\]`, `,type:str] `), `value at "string": ` + form},
		{"carriage return", sopsfile.Dotenv, replace(t, "lines.env", `,type:str\]\n`, ",type:str]\r\n"), `value at "USER": ` + form + ends},
		{"all lines end in CR LF", sopsfile.Dotenv, bytes.ReplaceAll(read(t, "lines.env"), []byte("\n"), []byte("\r\n")), crlf + ends},
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
			got := err.Error()
			if strings.HasPrefix(tt.want, "LINE") {
				got = regexp.MustCompile(`^line [0-9]+`).ReplaceAllString(got, "LINE")
			}
			if got != tt.want {
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
