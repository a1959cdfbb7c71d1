package leakscan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/leakscan"
)

// A value is found wherever it lies across the pieces in which a file is read.
func TestBordersOfPieces(t *testing.T) {
	for _, border := range []int{64 << 10, 4 << 20, 8<<20 - 64<<10} {
		files := map[string]string{"manifest.json": "{}"}
		for i, shift := range []int{0, 1, len(leaked) / 2, len(leaked)} {
			files[fmt.Sprintf("f%d.bin", i)] = strings.Repeat("x", border-shift) + leaked + strings.Repeat("y", 70<<10)
			files[fmt.Sprintf("q%d.bin", i)] = strings.Repeat("x", border-2*shift) + quoted(quoted(leaked)) + strings.Repeat("y", 70<<10)
		}
		if r := scan(t, files, leakscan.Options{Secrets: secrets(leaked)}); len(r.Finds) != len(files)-1 || len(r.Unsearched) > 0 {
			t.Errorf("%d: got %d finds of %d, %q", border, len(r.Finds), len(files)-1, r.Unsearched)
		}
	}
}

// Files behind links are uploaded, so they are searched. A find behind a link that leads out
// of the assembly is the app's source, which is not deleted.
func TestLinks(t *testing.T) {
	const asset = "asset.0123456789abcdef"
	manifest := map[string]string{"manifest.json": asset, asset + "/x": ""}
	outside := t.TempDir()
	source := filepath.Join(outside, "settings.env")
	if err := os.WriteFile(source, []byte(leaked), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, link := range map[string]string{"to a file": source, "to a folder": outside, "to itself": "."} {
		root := t.TempDir()
		for name, content := range manifest {
			_ = os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700)
			_ = os.WriteFile(filepath.Join(root, name), []byte(content), 0o600)
		}
		if err := os.Symlink(link, filepath.Join(root, asset, "link")); err != nil {
			t.Fatal(err)
		}
		r, err := leakscan.Scan(leakscan.Options{Root: root, Secrets: secrets(leaked)})
		if err != nil || len(r.Unsearched) > 0 {
			t.Fatal(err, r.Unsearched)
		}
		want := 1
		if link == "." {
			want = 0
		}
		if len(r.Finds) != want {
			t.Errorf("%s: got %d finds", name, len(r.Finds))
		}
		for _, find := range r.Finds {
			if find.Removable() != (link == source) { // of the file alone, the link is deleted
				t.Errorf("%s: removable is %v", name, find.Removable())
			}
			if err := find.Remove(); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(source); err != nil {
			t.Errorf("%s: the source was deleted", name)
		}
	}
}

// What a manifest names outside of the assembly is searched: the folder of a Docker image,
// and an asset that is not copied. So are the names of files there.
func TestSourcesOutside(t *testing.T) {
	outside := t.TempDir()
	for name, content := range map[string]string{"image/Dockerfile": "ENV PASSWORD=" + leaked, "image/b-another-value/x": "", "file.env": leaked, "not/used": leaked} {
		_ = os.MkdirAll(filepath.Dir(filepath.Join(outside, name)), 0o700)
		if err := os.WriteFile(filepath.Join(outside, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	manifest := fmt.Sprintf(`{"files":{"a":{"source":{"path":%q}}},"dockerImages":{"b":{"source":{"directory":%q}}}}`, filepath.Join(outside, "file.env"), filepath.Join(outside, "image"))
	r := scan(t, map[string]string{"S.assets.json": manifest}, leakscan.Options{Secrets: secrets(leaked, "another-value")})
	var got []string
	for _, find := range r.Finds {
		got = append(got, strings.TrimPrefix(find.Path, outside))
		if find.Removable() {
			t.Errorf("%s would be deleted", find.Path)
		}
	}
	if want := "[/file.env /image/Dockerfile /image/…/x]"; fmt.Sprint(got) != want {
		t.Errorf("got %q, want %s", got, want)
	}
}

// A folder's name is no pattern, and no result has a value that a path has.
func TestNamesOfFolders(t *testing.T) {
	root := filepath.Join(t.TempDir(), "[app] "+"throw-away-1", "cdk.out")
	for name, content := range map[string]string{"manifest.json": "asset.1", "S.template.json": "{}", "asset.1/throw-away-1/x": "throw-away-1", "assembly-P/manifest.json": "asset.2", "assembly-P/asset.2/x": "throw-away-1"} {
		_ = os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700)
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := leakscan.Scan(leakscan.Options{Root: root, Secrets: secrets("throw-away-1")})
	if err != nil || len(r.Finds) != 2 {
		t.Fatalf("got %d finds, %v", len(r.Finds), err)
	}
	for i, find := range r.Finds {
		if want := []string{"/…/cdk.out/assembly-P/asset.2/x", "/…/cdk.out/asset.1/…/x"}[i]; !strings.HasSuffix(find.Path, want) {
			t.Errorf("got %s, want …%s", strings.ReplaceAll(find.Path, "throw-away-1", "VALUE"), want)
		}
		if err := find.Remove(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(root, "asset.1", "throw-away-1")); len(left) > 0 {
		t.Error("the file was not deleted")
	}
}

// What cannot be searched in full is said, and takes bounded time and memory.
func TestBoundedArchives(t *testing.T) {
	leakscan.LimitExpanded(t, 8<<20)
	nested := leaked
	for range 5 {
		nested = zipped(nested)
	}
	bomb := gzipped(strings.Repeat("\x00", 9<<20))
	r := scan(t, map[string]string{"nested.zip": nested, "bomb.gz": bomb, "bomb.zip": zipped(bomb), "cut.gz": gzipped(strings.Repeat("x", 1000) + leaked)[:20],
		"no.zip": "PK\x03\x04" + leaked, "no.gz": "\x1f\x8b\x08\xff" + leaked}, leakscan.Options{Secrets: secrets(leaked)})
	said := map[string]string{}
	for _, u := range r.Unsearched {
		said[filepath.Base(u.Path)] = u.Reason
	}
	for name, want := range map[string]string{"nested.zip": "more than 3 archives are inside each other", "bomb.gz": "hold more than", "bomb.zip": "hold more than", "cut.gz": "cannot be read to its end", "no.zip": "cannot be read"} {
		if !strings.Contains(said[name], want) {
			t.Errorf("%s: got %q", name, said[name])
		}
	}
	if len(r.Finds) != 2 { // what only begins like an archive is a file like others
		t.Errorf("got %d finds", len(r.Finds))
	}
}
