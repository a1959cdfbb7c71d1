package sopsfile_test

import (
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	fuzzTime  = time.Second // of CPU, of one input
	fuzzAlloc = 128 << 20   // of one input of at most 2 MiB
)

// bounded runs f and fails when it takes over the limits. The time is that of the thread, so
// that nothing else on the machine counts.
func bounded(t *testing.T, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	runtime.LockOSThread()
	start := cpuTime()
	f()
	d := cpuTime() - start
	runtime.UnlockOSThread()
	runtime.ReadMemStats(&after)
	if d > fuzzTime {
		t.Errorf("got %v of CPU time, want at most %v", d, fuzzTime)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > fuzzAlloc {
		t.Errorf("got %d bytes allocated, want at most %d", n, fuzzAlloc)
	}
}

// seed adds the files of testdata of one format.
func seed(f *testing.F, format sopsfile.Format) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		if sopsfile.FormatOf(name) == format && !strings.HasSuffix(name, ".raw") && !strings.HasSuffix(name, ".txt") {
			f.Add(read(f, filepath.Base(name)))
		}
	}
}

// fuzzParse parses anything: no panic, no hang, no flood, and what is accepted
// walks.
func fuzzParse(f *testing.F, format sopsfile.Format, more ...string) {
	seed(f, format)
	for _, s := range more {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		bounded(t, func() {
			file, err := sopsfile.Parse(data, format)
			if err != nil {
				_ = err.Error()
				return
			}
			tree := file.Structure()
			for i := range tree.Len() {
				_ = tree.Document(i).Len()
			}
		})
	})
}

func FuzzParseJSON(f *testing.F) {
	fuzzParse(f, sopsfile.JSON, `{"a":[1,-0,1e9,"\u0041\ud834\udd1e",null,true,{}],"sops":{}}`, `{"a":{"a":{"a":[[[]]]}}}`, "{", "[", `"`, `{"a":1,"a":2}`)
}

func FuzzParseYAML(f *testing.F) {
	fuzzParse(f, sopsfile.YAML, "a: &a [*a]\n", "a: &a {b: c}\nd: *a\n<<: *a\n", "# c\n\n# d\na: b # e\n# f\n---\n...\n", "? a\n: b\n", "a: !!binary aGk=\nb: !!float 1\nc: 0o17\n", "a: |+\n  b\n\n")
}

func FuzzParseDotenv(f *testing.F) {
	fuzzParse(f, sopsfile.Dotenv, "A=b\n#c\n\nsops_age__list_0__map_enc=x\n", "sops_a__map_b__list_0__list_0=x\n", "=\n", "sops_=\n")
}

func FuzzParseINI(f *testing.F) {
	fuzzParse(f, sopsfile.INI, "a=b\n[c]\nd=\"\"\"e\nf\"\"\"\n[sops]\nmac=x\n", "[a]\n[a]\nb=`c`\nd=e \\\nf\n", "; c\n# d\na : b\n", "[")
}

func FuzzParseBinary(f *testing.F) {
	fuzzParse(f, sopsfile.Binary, `{"data":"x","sops":{}}`, "\x00")
}

// anyKey returns one data key for every master key.
type anyKey []byte

func (k anyKey) Unwrap(context.Context, sopsfile.MasterKey) ([]byte, error) {
	return slices.Clone(k), nil
}

// FuzzDecrypt decrypts changed files with the right data key. A tree without an
// error is one whose MAC fits.
func FuzzDecrypt(f *testing.F) {
	keys := map[sopsfile.Format]anyKey{}
	formats := []sopsfile.Format{sopsfile.JSON, sopsfile.YAML, sopsfile.Dotenv, sopsfile.INI, sopsfile.Binary}
	for i, name := range []string{"types.json", "types.yaml", "lines.env", "sections.ini", "keystore.bin"} {
		key, err := testKeys(f).Unwrap(f.Context(), parse(f, name).Metadata().Groups[0][0])
		if err != nil {
			f.Fatal(err)
		}
		keys[formats[i]] = key
		f.Add(uint8(i), read(f, name))
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		format := formats[int(which)%len(formats)]
		bounded(t, func() {
			file, err := sopsfile.Parse(data, format)
			if err != nil {
				return
			}
			tree, err := file.Decrypt(t.Context(), keys[format])
			if err != nil {
				_ = err.Error()
				return
			}
			if got, want := shape(file.Structure()), shape(tree); got != want {
				t.Error("the structure is not that of the decrypted tree")
			}
		})
	})
}
