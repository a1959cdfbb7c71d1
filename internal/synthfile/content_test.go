package synthfile_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// ofDataKey opens every file with one data key.
func ofDataKey(key []byte) *fakeRing {
	return &fakeRing{unwrap: func(context.Context, sopsfile.MasterKey) ([]byte, error) { return slices.Clone(key), nil }}
}

// notUTF8 is a dotenv file with this content in clear, encrypted with a data key of zeros
// as far as it is: its MAC covers encrypted values alone, and there are none.
func notUTF8(t *testing.T, content string) []byte {
	t.Helper()
	const at = "2026-01-02T03:04:05Z"
	start := []byte{ // of the hash of a file with mac_only_encrypted
		0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b,
		0x0b, 0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
	}
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, 32)
	if err != nil {
		t.Fatal(err)
	}
	nonce := make([]byte, 32)
	sealed := gcm.Seal(nil, nonce, fmt.Appendf(nil, "%X", sha512.Sum512(start)), []byte(at))
	encode := base64.StdEncoding.EncodeToString
	tag := len(sealed) - 16
	return fmt.Appendf(nil, "%s\nsops_age__list_0__map_recipient=r\nsops_age__list_0__map_enc=e\nsops_encrypted_suffix=_x\nsops_lastmodified=%s\n"+
		"sops_mac=ENC[AES256_GCM,data:%s,iv:%s,tag:%s,type:str]\nsops_mac_only_encrypted=true\n", content, at, encode(sealed[:tag]), encode(nonce), encode(sealed[tag:]))
}

func TestContent(t *testing.T) {
	t.Parallel()
	key := make([]byte, 32)
	of := func(json string) []byte {
		return encrypt(t, sopstest.File{JSON: json, KMS: []sopstest.KMS{{ARN: keyEU}}, DataKey: key})
	}
	nested := of(`{"a": {"b": [1, true], "c": "x<y"}, "empty": "", "none": null}`)
	sized := func(n int) []byte {
		return of(`{"k":"` + strings.Repeat("s", n-len(`{"k":""}`)) + `"}`)
	}
	data := of(`{"data": "content\n"}`)
	bytes := notUTF8(t, "A=b\xff")
	one := func(value string) render.Output { return render.Output{Mode: render.One, Value: value} }
	for _, c := range []struct {
		name    string
		content []byte
		format  sopsfile.Format
		output  render.Output
		want    string
		err     string // without the path
	}{
		{"flat", nested, "json", render.Output{}, `{"a.b[0]":"1","a.b[1]":"true","a.c":"x<y","empty":"","none":null}`, ""},
		{"nested", nested, "json", render.Output{Mode: render.Nested}, `{"a":{"b":[1,true],"c":"x<y"},"empty":"","none":null}`, ""},
		{"one", nested, "json", one("a.c"), "x<y", ""},
		{"raw", data, "json", render.Output{Mode: render.Raw}, "{\n\t\"data\": \"content\\n\"\n}\n", ""},
		{"binary", data, "binary", render.Output{Mode: render.Binary}, "content\n", ""},
		{"raw of a binary file", data, "binary", render.Output{Mode: render.Raw}, "content\n", ""},
		{"binary of another file", data, "json", render.Output{Mode: render.Binary}, "", `OutputBinary is for a file of the binary format; use OutputRaw, or encrypt the file again with "sops encrypt --input-type binary"`},
		{"an empty value", nested, "json", one("empty"), "", "it renders to nothing, and Secrets Manager stores no empty value"},
		{"null", nested, "json", one("none"), "", `value at "none": null, which has no text`},
		{"a map", nested, "json", one("a"), "", `value at "a": a map or list, not one value; it is a map, whose values have the names "a.b[0]", "a.b[1]", "a.c"`},
		{"no such value", nested, "json", one("A"), "", `no value has the name "A"; did you mean "a.c"?`},
		{"no value named", nested, "json", one(""), "", "an output of one value names none"},
		{"no such output", nested, "json", render.Output{Mode: "xml"}, "", `no such rendering: "xml"`},
		{"an empty file", of(`{"data": ""}`), "binary", render.Output{Mode: render.Binary}, "", "it renders to nothing, and Secrets Manager stores no empty value"},
		{"too large", sized(render.MaxSecret + 1), "json", render.Output{}, "", "it renders to 65537 bytes, and a secret holds at most 65536; move some of its values to another file and secret"},
		{"not UTF-8, flat", bytes, "dotenv", render.Output{}, "", `value at "A": text that is not UTF-8, which a string secret cannot hold; put such content into a file of the binary format, and use OutputBinary`},
		{"not UTF-8, one", bytes, "dotenv", one("A"), "", `value at "A": text that is not UTF-8, which a string secret cannot hold; put such content into a file of the binary format, and use OutputBinary`},
		{"not UTF-8, raw", bytes, "dotenv", render.Output{Mode: render.Raw}, "", "text that is not UTF-8, which a string secret cannot hold; put such content into a file of the binary format, and use OutputBinary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := place(t, "x", c.content)
			file, err := with(ofDataKey(key)).Open(path, c.format)
			if err != nil {
				t.Fatal(err)
			}
			content, err := file.Whole().Decrypt("").Content(c.output)
			if c.err != "" {
				if got := message(err); got != path+": "+c.err {
					t.Errorf("got\n%s\nwant\n%s", got, path+": "+c.err)
				}
				if content.Text.Len() != 0 || errors.Is(err, synthfile.ErrNoKey) {
					t.Errorf("got %d bytes, %v", content.Text.Len(), err)
				}
				return
			}
			if got := string(content.Text.Reveal()); err != nil || got != c.want || content.Binary != (c.output.Mode == render.Binary) {
				t.Errorf("got %q, binary %v, %v", got, content.Binary, err)
			}
		})
	}
	file, err := with(ofDataKey(key)).Open(place(t, "x", sized(render.MaxSecret)), sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := text(file.Whole().Decrypt(""), render.Output{}); len(got) != render.MaxSecret || err != nil {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	json := encrypt(t, standard(`{"z": {"b": [1, {"c": null}], "e": {}}, "a": "x"}`))
	data := encrypt(t, standard(`{"data": "x"}`))
	for _, c := range []struct {
		name    string
		content []byte
		format  sopsfile.Format
		output  render.Output
		want    []string
		err     string
	}{
		{"flat", json, "json", render.Output{}, []string{"z.b[0]", "z.b[1].c", "z.e", "a"}, ""},
		{"nested", json, "json", render.Output{Mode: render.Nested}, []string{"z", "a"}, ""},
		{"raw", json, "json", render.Output{Mode: render.Raw}, nil, ""},
		{"one", json, "json", render.Output{Mode: render.One, Value: "z.b[1].c"}, nil, ""},
		{"binary", data, "binary", render.Output{Mode: render.Binary}, nil, ""},
		{"no such value", json, "json", render.Output{Mode: render.One, Value: "z.c"}, nil, `no value has the name "z.c"`},
		{"no such output", json, "json", render.Output{Mode: "xml"}, nil, `no such rendering: "xml"`},
		{"a collision", encrypt(t, standard(`{"a[0]": 1, "a": [2]}`)), "json", render.Output{}, nil, `two values would land under the name "a[0]": ["a[0]"] and ["a"][0]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := parse(t, c.content, c.format)
			got, err := file.Whole().Names(c.output)
			if !slices.Equal(got, c.want) || (got == nil) != (c.want == nil) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			_, suffix, _ := strings.Cut(message(err), ": ")
			if suffix != c.err {
				t.Errorf("got %v, want %s", err, c.err)
			}
		})
	}
}
