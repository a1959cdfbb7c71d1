//go:build unix

package functionbuild

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// checkOwner fails for a folder of another user, one that others may read or write, and
// one whose parents others may put another folder into.
func checkOwner(dir string, info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("the folder %q belongs to user %d, and this is user %d: others could change the function that is deployed from there; set XDG_CACHE_HOME to a folder of your own", dir, stat.Uid, os.Geteuid())
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("the folder %q has the mode %04o: others could change the function that is deployed from there; remove it, or, if you trust what is in it, run: chmod 700 %s", dir, mode, filetext.ShellWord(dir))
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	for parent := filepath.Dir(real); ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("everyone may rename what is in the folder %q, also %q, from where the function is deployed; run: chmod o-w %s, or set XDG_CACHE_HOME to a folder of your own", parent, dir, filetext.ShellWord(parent))
		}
		if parent == filepath.Dir(parent) {
			return nil
		}
	}
}
