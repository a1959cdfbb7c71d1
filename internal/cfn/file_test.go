package cfn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// A file of an assembly ends, and is read at once.
func TestReadFile(t *testing.T) {
	folder := t.TempDir()
	there, link, large := filepath.Join(folder, "there"), filepath.Join(folder, "link"), filepath.Join(folder, "large")
	if err := os.WriteFile(there, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(large, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 256<<20+1); err != nil { // it takes no place
		t.Fatal(err)
	}
	if err := os.Symlink(there, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{there, link} {
		if got, err := cfn.ReadFile(path); string(got) != "text" {
			t.Errorf("%s: got %q (%v)", path, got, err)
		}
	}
	if _, err := cfn.ReadFile(filepath.Join(folder, "none")); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
	for _, path := range []string{folder, os.DevNull, large} {
		if _, err := cfn.ReadFile(path); err == nil || !strings.HasSuffix(err.Error(), "is no file of up to 256 MiB") {
			t.Errorf("%s: got %v", path, err)
		}
	}
}
