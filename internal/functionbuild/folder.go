package functionbuild

import (
	"fmt"
	"os"
	"path/filepath"
)

// cacheFolder returns the folder of the user's cache directory that holds built
// functions for arch, and makes it where it is missing. What lies there is deployed, so
// the folder must be the user's alone.
func cacheFolder(arch string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory: %w; set HOME or XDG_CACHE_HOME", err)
	}
	functions := filepath.Join(cache, "sopscdk", "functions")
	folder := filepath.Join(functions, arch)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	for _, dir := range []string{functions, folder} {
		if err := checkPrivate(dir); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// checkPrivate fails for a path that is not a folder which the user alone can read and
// write. Whoever can write there could have another function deployed.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%q is not a folder: it may be a link to another place; remove it", dir)
	}
	return checkOwner(dir, info)
}
