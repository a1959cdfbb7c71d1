//go:build unix

package functionbuild_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// The function is deployed from a folder that nobody else can write.
func TestCacheFolderIsTheUsersAlone(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(cache, folder string) error
		want    string
	}{
		{"none yet", func(cache, folder string) error { return os.RemoveAll(filepath.Join(cache, "sopscdk")) }, ""},
		{"ours", func(cache, folder string) error { return nil }, ""},
		{"others may write", func(cache, folder string) error { return os.Chmod(folder, 0o777) }, "has the mode 0777"},
		{"others may read", func(cache, folder string) error { return os.Chmod(folder, 0o755) }, "run: chmod 700 '/"},
		{"the group may write", func(cache, folder string) error { return os.Chmod(folder, 0o770) }, "has the mode 0770"},
		{"the folder above", func(cache, folder string) error { return os.Chmod(filepath.Dir(folder), 0o755) }, "has the mode 0755"},
		{"everyone may rename", func(cache, folder string) error { return os.Chmod(cache, 0o777) }, "run: chmod o-w '/"},
		{"a sticky folder above", func(cache, folder string) error { return os.Chmod(cache, 0o777|os.ModeSticky) }, ""},
		{"a link", func(cache, folder string) error {
			if err := os.Remove(folder); err != nil {
				return err
			}
			return os.Symlink(cache, folder)
		}, "is not a folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "the cache"))
			cache, err := os.UserCacheDir()
			if err != nil {
				t.Fatal(err)
			}
			folder, err := functionbuild.CacheFolder("arm64")
			if err == nil {
				err = tt.prepare(cache, folder)
			}
			if err != nil {
				t.Fatal(err)
			}
			again, err := functionbuild.CacheFolder("arm64")
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want an error with %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(again); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("the folder's mode is %v (%v), want 0700", info.Mode(), err)
			}
		})
	}
}
