package render_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// What a file may cost, in bytes that are allocated from its text to all that is made of it:
// for each byte of the file, and, once aliases are expanded, for each value, each byte of
// them and of their names, and each byte of the paths to them.
const (
	costOfAll   = 2 << 20 // whatever the file is
	costOfByte  = 1 << 10 // one byte of YAML can be a node of its library, with 400 bytes
	costOfValue = 2 << 10 // a name, a fingerprint and a line of output
	costOfPath  = 64      // a name, indented output, additional data
	costMost    = 512 << 20
	costOfYAML  = 24 << 20 // of aliases, which are expanded up to 100,000 values before a file is refused
)

// allocated returns how many bytes were ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// noKey has no data key, and looks like it had one.
type noKey struct{}

func (noKey) Unwrap(context.Context, sopsfile.MasterKey) ([]byte, error) {
	return make([]byte, 32), nil
}

// count returns how many values and comments a tree has, their bytes with those of their
// names, and the bytes of the paths to them.
func count(tree *sopsfile.Tree) (values, bytes, paths int) {
	var walk func(n sopsfile.Node, path int)
	walk = func(n sopsfile.Node, path int) {
		values++
		bytes += len(n.Key()) + n.Text().Len()
		path += len(n.Key()) + 1
		paths += path
		for i := range n.Len() {
			walk(n.At(i), path)
		}
	}
	for i := range tree.Len() {
		walk(tree.Document(i), 0)
	}
	return values, bytes, paths
}

// readAndRender does all that synth and the function do with a file, but for its keys. The
// ciphertext stands for the values.
func readAndRender(data []byte, format sopsfile.Format) *sopsfile.Tree {
	_, _ = sopsfile.ReadMetadata(data, format)
	file, err := sopsfile.Parse(data, format)
	if err != nil {
		return nil
	}
	tree := file.Ciphertext()
	for _, output := range []render.Output{{Mode: render.Flat}, {Mode: render.Nested}, {Mode: render.Raw}, {Mode: render.One, Value: "a"}} {
		_, _ = render.Names(tree, output)
		_, _ = render.ForSecret(tree, output)
	}
	_, _ = render.Fingerprints(tree, render.Output{})
	_, _ = render.ParameterNames(tree, render.Naming{Prefix: "/a"})
	_, _ = render.FindClear(tree)
	_, _ = file.Decrypt(context.Background(), noKey{})
	return tree
}

// FuzzCost reads and renders anything, and fails where that costs more than what the file's
// size allows.
func FuzzCost(f *testing.F) {
	formats := []sopsfile.Format{sopsfile.JSON, sopsfile.YAML, sopsfile.Dotenv, sopsfile.INI, sopsfile.Binary}
	names, err := filepath.Glob("../sopsfile/testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for i, format := range formats {
			if sopsfile.FormatOf(name) == format {
				f.Add(uint8(i), content)
			}
		}
	}
	seeds := hostile(f)
	for i, format := range formats {
		for _, text := range seeds[format] {
			f.Add(uint8(i), []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		format := formats[int(which)%len(formats)]
		before := allocated()
		tree := readAndRender(data, format)
		cost := allocated() - before
		allowed := uint64(costOfAll + costOfByte*len(data))
		if format == sopsfile.YAML {
			allowed += costOfYAML
		}
		if tree != nil {
			values, bytes, paths := count(tree)
			allowed += uint64(costOfValue*values + costOfByte*bytes + costOfPath*paths)
		}
		if allowed = min(allowed, costMost); cost > allowed {
			t.Errorf("%d bytes of %s cost %d bytes, want at most %d (accepted: %v)", len(data), format, cost, allowed, tree != nil)
		}
	})
}

// hostile returns small files of each format that cost much for their size.
func hostile(t testing.TB) map[sopsfile.Format][]string {
	t.Helper()
	content, err := os.ReadFile("../sopsfile/testdata/types.json")
	if err != nil {
		t.Fatal(err)
	}
	_, meta, ok := strings.Cut(string(content), `"sops": `)
	if !ok {
		t.Fatal("types.json has no metadata")
	}
	meta = `"sops": ` + strings.Replace(meta, `"unencrypted_suffix": "_unencrypted"`, `"encrypted_suffix": "_never"`, 1)
	if !strings.Contains(meta, "_never") {
		t.Fatal("types.json has another rule")
	}
	aliases := "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n"
	return map[sopsfile.Format][]string{
		sopsfile.JSON: {
			`{"a":[` + strings.Repeat(`"",`, 2000) + `""],` + meta,
			`{"a":[` + strings.Repeat("1e300,", 1000) + "1]," + meta,
			`{"` + strings.Repeat("n", 3000) + `":[` + strings.Repeat(`"",`, 1000) + `""],` + meta,
			strings.Repeat(`{"":`, 90) + "[" + strings.Repeat("1,", 1000) + "1]" + strings.Repeat("}", 89) + "," + meta,
		},
		sopsfile.YAML: {
			aliases + "e: [*d,*d]\n",
			aliases + "e: [" + strings.Repeat("*d,", 300) + "*d]\n",
			"a: {" + strings.Repeat("?,", 5000) + "}",
			"a: [" + strings.Repeat("b,", 5000) + "]",
			strings.Repeat("#\na: b\n", 2000),
			"{" + `"a":[` + strings.Repeat(`"",`, 2000) + `""],` + meta,
			`{"a": &a [` + strings.Repeat(`"",`, 300) + `""],"b":[` + strings.Repeat("*a,", 90) + "*a]," + meta,
		},
		sopsfile.Dotenv: {strings.Repeat("a=b\n", 2000), strings.Repeat("#\n", 5000), "sops_a" + strings.Repeat("__map_b", 90) + "=x\n"},
		sopsfile.INI:    {strings.Repeat("[a]\nb=c\n", 500), "a=" + strings.Repeat("xxxxxxxxxxxxxxxxxxxx\\\n", 500), strings.Repeat("a=b\n", 1000)},
		sopsfile.Binary: {`{"data":"` + strings.Repeat(`\u00e4`, 1000) + `",` + meta},
	}
}
