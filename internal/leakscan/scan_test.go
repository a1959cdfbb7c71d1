package leakscan_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/leakscan"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
)

// leaked is a throw-away value with what the encodings escape.
const leaked = "q7\"<Zr&9/w\\+k é%x"

func quoted(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	_ = e.Encode(text)
	return strings.TrimSuffix(b.String(), "\n")
}

func zipped(text string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.Create("dir/index.js")
	_, _ = f.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func scan(t *testing.T, files map[string]string, o leakscan.Options) leakscan.Result {
	t.Helper()
	o.Root = t.TempDir()
	if _, ok := files["manifest.json"]; !ok {
		files["manifest.json"] = `{"artifacts":{}}`
	}
	for name, content := range files {
		path := filepath.Join(o.Root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := leakscan.Scan(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func secrets(values ...string) []leakscan.Secret {
	var all []leakscan.Secret
	for i, v := range values {
		all = append(all, leakscan.Secret{File: "x.sops.json", Key: fmt.Sprintf("k%d", i), Text: plaintext.New([]byte(v))})
	}
	return all
}

func TestForms(t *testing.T) {
	const asset = "asset.0123456789abcdef.bin"
	named := map[string]string{"manifest.json": `{"artifacts":{},"path":"` + asset + `"}`}
	for name, content := range map[string]string{
		"plain": "a " + leaked + " b", "json": quoted(leaked), "json twice": quoted(quoted(leaked)), "json three times": quoted(quoted(quoted(leaked))),
		"base64 0": base64.StdEncoding.EncodeToString([]byte("abc" + leaked + "x")), "base64 1": base64.StdEncoding.EncodeToString([]byte("a" + leaked + "x")),
		"base64 2": base64.StdEncoding.EncodeToString([]byte("ab" + leaked)), "base64url": base64.URLEncoding.EncodeToString([]byte("ab" + leaked + "??>>")),
		"base64 of json": base64.StdEncoding.EncodeToString([]byte("a" + strings.ReplaceAll(strings.ReplaceAll(leaked, `\`, `\\`), `"`, `\"`))),
		"base64 twice":   base64.StdEncoding.EncodeToString([]byte("x: " + base64.StdEncoding.EncodeToString([]byte(leaked)))),
		"hex":            hex.EncodeToString([]byte(leaked)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(leaked))),
		"query": "?p=" + url.QueryEscape(leaked), "path": url.PathEscape(leaked), "percent twice": url.PathEscape(url.PathEscape(leaked)),
		"xml": "<p>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(leaked) + "</p>", "xml numbers": strings.NewReplacer("&", "&#38;", "<", "&#x3c;", `"`, "&#34;").Replace(leaked),
		"zip": zipped(leaked), "gzip": gzipped(leaked), "zip in zip": zipped(zipped(leaked)), "gzip in zip": zipped(gzipped(leaked)),
		"far": strings.Repeat("x y", 3<<20) + leaked, "join": `{"A":{"Fn::Join":["",["z",` + quoted(leaked[:7]) + "," + quoted(leaked[7:]) + `]]}}`,
		"sub": `{"A":{"Fn::Sub":["${X}` + leaked[13:] + `",{"X":` + quoted(leaked[:13]) + `}]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, place := range []string{"S.template.json", asset, "assembly-Prod/S.template.json", asset + "/code/a.txt"} {
				files := map[string]string{place: content, "manifest.json": named["manifest.json"]}
				r := scan(t, files, leakscan.Options{Secrets: secrets("another value", leaked)})
				if len(r.Finds) != 1 || len(r.Finds[0].Keys) != 1 || r.Finds[0].Keys[0] != `"k1" of x.sops.json` || !strings.HasSuffix(r.Finds[0].Path, place) || len(r.Unsearched) > 0 {
					t.Errorf("%s: got %d finds, %q", place, len(r.Finds), r.Unsearched)
				}
			}
		})
	}
}

func TestNoFalseFinds(t *testing.T) {
	const template = `{"Resources":{"B":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"acme-artifacts"}},
		"F":{"Type":"T","Properties":{"E":{"A":"postgres","B":"localhost","C":"production","D":"arn:aws:iam::111122223333:role/r","U":"https://api.example.com/v1/orders","X":"acme-artifacts"}}}}}`
	r := scan(t, map[string]string{"S.template.json": template}, leakscan.Options{Secrets: secrets("postgres", "localhost", "production", "111122223333", "acme-artifacts", "https://api.example.com/v1/orders", "short", "xxxxxxxxxxxx")})
	if len(r.Finds) > 0 {
		t.Errorf("got %q", r.Finds[0].Keys)
	}
}

func TestPublished(t *testing.T) {
	const own = `{"Resources":{"X":{"Type":"AWS::SecretsManager::Secret","Properties":{"SecretString":"{\"a\":\"hunter2hunter2\"}"%s}}}}`
	o := leakscan.Options{Secrets: secrets("hunter2hunter2"), Published: []leakscan.Published{{TemplateFile: "S.template.json", SecretString: plaintext.New([]byte(`{"a":"hunter2hunter2"}`))}}}
	for name, c := range map[string]struct {
		file, more string
		want       int
	}{
		"its own": {"S.template.json", "", 0}, "another template": {"T.template.json", "", 1},
		"another property": {"S.template.json", `,"Description":"hunter2hunter2"`, 1},
	} {
		if r := scan(t, map[string]string{c.file: fmt.Sprintf(own, c.more)}, o); len(r.Finds) != c.want {
			t.Errorf("%s: got %d finds", name, len(r.Finds))
		}
	}
}

func BenchmarkScan(b *testing.B) {
	var values []string
	for i := range 2000 {
		values = append(values, fmt.Sprintf("value-%d-%x", i, i*7919*104729))
	}
	root := b.TempDir()
	_ = os.WriteFile(filepath.Join(root, "S.template.json"), []byte(strings.Repeat(`{"a": "some text of a template", "b": {"Ref": "X"}}`+"\n", 100_000)), 0o600)
	b.SetBytes(51 * 100_000)
	for b.Loop() {
		if r, err := leakscan.Scan(leakscan.Options{Root: root, Secrets: secrets(values...)}); err != nil || len(r.Finds) > 0 {
			b.Fatal(err)
		}
	}
}
