package fleet

import (
	"os"
	"path/filepath"
)

// Cache returns the folder below the user's cache directory that keeps what these
// benchmarks get from the npm registry.
func Cache() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "sopscdk-bench")
	return cache, os.MkdirAll(cache, 0o755)
}
