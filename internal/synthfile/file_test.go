package synthfile_test

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

func fingerprints(t *testing.T, content []byte, format sopsfile.Format, o render.Output) map[string]string {
	t.Helper()
	prints, err := parse(t, content, format).Whole().Fingerprints(o)
	if err != nil {
		t.Fatal(err)
	}
	for name, print := range prints {
		if b, err := hex.DecodeString(print); err != nil || len(b) != 6 {
			t.Errorf("%s: got the fingerprint %q", name, print)
		}
	}
	return prints
}

func names(prints map[string]string) []string { return slices.Sorted(maps.Keys(prints)) }

// again returns the file with the token of one value at the top taken from another
// encryption of the same values.
func again(t *testing.T, content, other []byte, name string) []byte {
	t.Helper()
	var first, second map[string]json.RawMessage
	if err := json.Unmarshal(content, &first); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(other, &second); err != nil {
		t.Fatal(err)
	}
	first[name] = second[name]
	joined, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	return joined
}

func TestFingerprints(t *testing.T) {
	t.Parallel()
	file := standard(`{"a": "x", "b": {"c": "x", "d": ["x", "x"]}, "e": "", "f_unencrypted": "x", "g": "x"}`)
	content, other := encrypt(t, file), encrypt(t, file)
	for _, c := range []struct {
		name    string
		output  render.Output
		names   []string
		changed string // with another encryption of "b"
	}{
		{"flat", render.Output{}, []string{"a", "b.c", "b.d[0]", "b.d[1]", "e", "f_unencrypted", "g"}, "b.c b.d[0] b.d[1]"},
		{"nested", render.Output{Mode: render.Nested}, []string{"a", "b", "e", "f_unencrypted", "g"}, "b"},
		{"one", render.Output{Mode: render.One, Value: "b.c"}, []string{"b.c"}, "b.c"},
		{"another one", render.Output{Mode: render.One, Value: "a"}, []string{"a"}, ""},
		{"raw", render.Output{Mode: render.Raw}, []string{"."}, "."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := fingerprints(t, content, "json", c.output)
			if !slices.Equal(names(got), c.names) {
				t.Errorf("got names %q, want %q", names(got), c.names)
			}
			if same := fingerprints(t, content, "json", c.output); !reflect.DeepEqual(same, got) {
				t.Error("the same bytes have other fingerprints")
			}
			after := fingerprints(t, again(t, content, other, "b"), "json", c.output)
			var changed []string
			for _, name := range names(got) {
				if after[name] != got[name] {
					changed = append(changed, name)
				}
			}
			if strings.Join(changed, " ") != c.changed {
				t.Errorf("got changes of %q, want %s", changed, c.changed)
			}
		})
	}

	// The same value under two names, and in two places of a list.
	got := fingerprints(t, content, "json", render.Output{})
	if got["a"] == got["g"] || got["b.d[0]"] == got["b.d[1]"] {
		t.Error("equal values have equal fingerprints")
	}
}

// A fingerprint is no hash of a value, by which one could try values; not even of one
// that the file has in clear.
func TestFingerprintsAreNoHashOfAValue(t *testing.T) {
	t.Parallel()
	const value = "hunter2"
	prints := fingerprints(t, encrypt(t, standard(`{"a": "hunter2", "a_unencrypted": "hunter2", "b": {"c": "hunter2"}}`)), "json", render.Output{})
	sum1, sum5, sum256, sum512 := sha1.Sum([]byte(value)), md5.Sum([]byte(value)), sha256.Sum256([]byte(value)), sha512.Sum512([]byte(value))
	for name, print := range prints {
		for _, sum := range [][]byte{sum1[:], sum5[:], sum256[:], sum512[:]} {
			if strings.Contains(hex.EncodeToString(sum), print) {
				t.Errorf("%s: the fingerprint is a part of a hash of the value", name)
			}
		}
	}
}

func TestFingerprintsOfOtherFiles(t *testing.T) {
	t.Parallel()
	binary := encrypt(t, standard(`{"data": "x"}`))
	if got := names(fingerprints(t, binary, "binary", render.Output{Mode: render.Binary})); !slices.Equal(got, []string{"."}) {
		t.Errorf("binary: got %q", got)
	}

	// Up to 500 names each has one; with more, those at the top.
	for _, c := range []struct{ names, want int }{{500, 500}, {501, 2}} {
		var fields []string
		for i := range c.names - 1 {
			fields = append(fields, fmt.Sprintf(`"n%d": "v"`, i))
		}
		got := fingerprints(t, encrypt(t, standard(`{"first": "v", "rest": {`+strings.Join(fields, ",")+`}}`)), "json", render.Output{})
		if len(got) != c.want || got["first"] == "" {
			t.Errorf("%d names: got %d fingerprints, want %d", c.names, len(got), c.want)
		}
	}

	// A value and a map, or an empty list and an empty map, differ.
	clear := fingerprints(t, encrypt(t, standard(`{"a": {"x_unencrypted": "v"}, "b": {"x_unencrypted": {"v": ""}}, "c": [], "d": {}, "e": null, "f": ""}`)), "json", render.Output{Mode: render.Nested})
	if distinct := slices.Compact(slices.Sorted(maps.Values(clear))); len(distinct) != len(clear) {
		t.Errorf("got %d different fingerprints of %d", len(distinct), len(clear))
	}
	if _, err := parse(t, binary, "json").Whole().Fingerprints(render.Output{Mode: render.One, Value: "none"}); err == nil {
		t.Error("a value that is not there has a fingerprint")
	}
}

// The id of the content in git, by git itself or else by what git is known to give.
func TestGitBlob(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	for _, json := range []string{values, `{"a": ""}`} {
		content := encrypt(t, standard(json))
		path := place(t, "x.json", content)
		want := fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content)))
		if err == nil {
			// Outside of a repository, where no filter and no other hash applies.
			command := exec.Command(git, "hash-object", "--no-filters", path)
			command.Dir = filepath.Dir(path)
			command.Env = []string{"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CEILING_DIRECTORIES=" + filepath.Dir(path), "PATH=/usr/bin:/bin"}
			out, err := command.Output()
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(string(out)); got != want {
				t.Errorf("git says %s, and by hand it is %s", got, want)
			}
		}
		if got := open(t, synthfile.New(), path).GitBlob(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	file := sopstest.File{JSON: values, KMS: []sopstest.KMS{{ARN: keyEU, Role: roleEU}, {ARN: keyUS}}, Age: []string{identity.Recipient().String()}}
	content := encrypt(t, file)
	path := place(t, "x.json", content)
	f := open(t, synthfile.New(), path)
	if got, want := f.MasterKeys(), []string{keyEU, roleEU, keyUS, identity.Recipient().String()}; !slices.Equal(got, want) {
		t.Errorf("got keys %q", got)
	}
	if want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC); !f.LastModified().Equal(want) || f.Format() != sopsfile.JSON || f.IsSample() {
		t.Errorf("got %v, %s, %v", f.LastModified(), f.Format(), f.IsSample())
	}
	needs, err := f.Needs("us-east-1")
	if err != nil || len(needs) != 2 || needs[0].Action != "sts:AssumeRole" || needs[1].Resource != keyUS {
		t.Errorf("got %v, %v", needs, err)
	}
	encoded, err := f.Encoded()
	if err != nil {
		t.Fatal(err)
	}
	if decoded, err := syncprotocol.DecodeFile(encoded); err != nil || string(decoded) != string(content) {
		t.Errorf("the encoded file is another one: %v", err)
	}
	var got string
	if err := f.OnDisk(func(path string) { got = path }); got != path || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
}

// A file over the limit is refused, and not read to its end.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		place(t, "x.json", []byte("{"+strings.Repeat(" ", sopsfile.MaxSize)+`"sops": {}}`)): "x.json is not encrypted; ", // its end is not read
		place(t, "y.json", []byte(`{"sops": `+strings.Repeat(" ", sopsfile.MaxSize)+`{}}`)): "y.json: the file is over 2 MiB",
		"/dev/zero": "/dev/zero is not encrypted; ",
	} {
		if _, err := synthfile.New().Open(path, sopsfile.JSON); !strings.Contains(message(err), want) {
			t.Errorf("got %v", err)
		}
	}
}

// What was prepared is not read again.
func TestPrepare(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.sops.json")
	if err := os.WriteFile(path, encrypt(t, standard(values)), 0o600); err != nil {
		t.Fatal(err)
	}
	files := synthfile.New()
	files.Prepare(path, sopsfile.JSON)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Open(path, ""); err != nil {
		t.Error(err)
	}
	files.Prepare(path, sopsfile.YAML) // it fails, and Open says why
	if _, err := files.Open(path, sopsfile.YAML); err == nil || !strings.Contains(err.Error(), "no file") {
		t.Errorf("got %v", err)
	}
}

// The look at the allowed keys and the parsing are at one and the same content.
func TestAFileIsReadOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.sops.json")
	if err := os.WriteFile(path, encrypt(t, standard(values)), 0o600); err != nil {
		t.Fatal(err)
	}
	files := synthfile.New()
	if err := files.CheckAllowed(path, "", []string{keyEU, identity.Recipient().String()}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Open(path, ""); err != nil {
		t.Error(err)
	}
}
