package sopsfile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// The files in testdata were made by the sops commands that their names say, or by
// 3.13.3; FILE.raw is what sops 3.13.3 decrypts of FILE.

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, name string) *sopsfile.File {
	t.Helper()
	f, err := sopsfile.Parse(read(t, name), sopsfile.FormatOf(name))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ageKeys unwraps with identities, as a key ring would.
type ageKeys []age.Identity

func (a ageKeys) Unwrap(_ context.Context, k sopsfile.MasterKey) ([]byte, error) {
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(k.EncryptedDataKey)), a...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// testKeys are the throw-away identities that open everything in testdata.
func testKeys(t testing.TB) ageKeys {
	t.Helper()
	ids, err := age.ParseIdentities(strings.NewReader(string(read(t, "THROW-AWAY-TEST-KEYS.txt"))))
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func decrypt(t testing.TB, name string) *sopsfile.Tree {
	t.Helper()
	tree, err := parse(t, name).Decrypt(t.Context(), testKeys(t))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// edit changes the metadata of a JSON file.
func edit(t testing.TB, name string, f func(meta map[string]any)) []byte {
	t.Helper()
	values, text, ok := bytes.Cut(read(t, name), []byte(`"sops": `))
	var meta map[string]any
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&meta); !ok || err != nil {
		t.Fatal(err)
	}
	f(meta)
	text, err := json.Marshal(meta)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(values, []byte(`"sops": `), text, []byte("}"))
}

// find returns the node under the names and positions of a path.
func find(t testing.TB, tree *sopsfile.Tree, path ...any) sopsfile.Node {
	t.Helper()
	n := tree.Document(0)
steps:
	for _, s := range path {
		index := 0
		for i := range n.Len() {
			kid := n.At(i)
			if kid.Kind() == sopsfile.Comment {
				continue
			}
			if kid.Key() == s || n.Kind() == sopsfile.List && index == s {
				n = kid
				continue steps
			}
			index++
		}
		t.Fatalf("nothing at %v", path)
	}
	return n
}
