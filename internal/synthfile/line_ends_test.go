package synthfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// A checkout with core.autocrlf has another file on the disk than git: what is read of it,
// its hash and what travels are git's (aws/aws-cdk#14555). The files are sops's own.
func TestACheckoutWithCRLF(t *testing.T) {
	sopstest.Isolate(t)
	for _, name := range []string{"lines.env", "types.yaml", "types.json", "sections.ini", "comments.yaml"} {
		content, err := os.ReadFile(filepath.Join("../sopsfile/testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
		if bytes.Equal(content, changed) {
			t.Fatalf("%s has one line", name)
		}
		path := place(t, name, changed)
		want, got := open(t, synthfile.New(), filepath.Join("../sopsfile/testdata", name)), open(t, synthfile.New(), path)
		if got.GitBlob() != want.GitBlob() {
			t.Errorf("%s: got another hash than git's", name)
		}
		wantEncoded, err := want.Encoded()
		if err != nil {
			t.Fatal(err)
		}
		if encoded, err := got.Encoded(); encoded != wantEncoded || err != nil {
			t.Errorf("%s: another file travels, %v", name, err)
		}
		wantNames, err := want.Whole().Names(render.Output{})
		if err != nil {
			t.Fatal(err)
		}
		if names, err := got.Whole().Names(render.Output{}); strings.Join(names, "\n") != strings.Join(wantNames, "\n") || err != nil {
			t.Errorf("%s: got the names %q, %v", name, names, err)
		}
		var copied string
		err = got.OnDisk(func(path string) {
			copied = path
			if onDisk, err := os.ReadFile(path); err != nil || !bytes.Equal(onDisk, content) {
				t.Errorf("%s: another file is an asset, %v", name, err)
			}
		})
		if err != nil || copied == path || filepath.Base(copied) != name {
			t.Errorf("%s: got the copy %s, %v", name, copied, err)
		}
		if _, err := os.Stat(copied); !os.IsNotExist(err) {
			t.Errorf("%s: the copy stays", name)
		}
	}
}

// What a shell made of a file is said (getsops/sops#779), and not what a parser trips over.
func TestAFileThatAShellWrote(t *testing.T) {
	sopstest.Isolate(t)
	env, err := os.ReadFile("../sopsfile/testdata/lines.env")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	json := string(encrypt(t, standard(values)))
	first, rest, _ := strings.Cut(string(env), "\n")
	wide := []byte{0xff, 0xfe}
	for _, b := range []byte(json) {
		wide = append(wide, b, 0)
	}
	const encoding, ends = `; let sops write the file (sops encrypt --output FILE), or convert it to UTF-8 without a byte order mark`,
		`; lines of it end in CR LF: convert them to LF, and keep git from changing the file (a line "*.sops.* -text" in .gitattributes)`
	for name, c := range map[string]struct{ content, begin, end string }{
		"utf16.json": {string(wide), `it is UTF-16, as a shell's ">" may write it`, encoding},
		"bom.json":   {"\xef\xbb\xbf" + json, `it is UTF-8 with a byte order mark, as a shell's ">" may write it`, encoding},
		"bom.env":    {"\xef\xbb\xbf" + string(env), `it is UTF-8 with a byte order mark`, encoding},
		"mixed.env":  {first + "\n" + strings.ReplaceAll(rest, "\n", "\r\n"), "", ends},
	} {
		if err := os.WriteFile(name, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := synthfile.New().Open(name, "")
		if got := message(err); !strings.HasPrefix(got, name+": "+c.begin) || !strings.HasSuffix(got, c.end) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
