package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Installed returns a folder with the JavaScript apps of apps/peer and the packages that
// their package-lock.json pins: the peer, the CDK, and the cdk command. npm installs
// them once; another lock file gets another folder.
func (f *Fleet) Installed() (string, error) {
	if f.peer != "" {
		return f.peer, nil
	}
	source := filepath.Join("apps", "peer")
	lock, err := os.ReadFile(filepath.Join(source, "package-lock.json"))
	if err != nil {
		return "", err
	}
	cache, err := Cache()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(lock)
	dir := filepath.Join(cache, "peer-"+hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"package.json", "package-lock.json", "fleet.js", "sample.js"} {
		content, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return "", err
		}
	}
	// Written at the end, so that an installation that was cut short is made again.
	done := filepath.Join(dir, "installed")
	if _, err := os.Stat(done); err != nil {
		npm := exec.Command("npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund")
		npm.Dir = dir
		if out, err := npm.CombinedOutput(); err != nil {
			return "", fmt.Errorf("npm ci in %s: %w\n%s", dir, err, out)
		}
		if err := os.WriteFile(done, nil, 0o600); err != nil {
			return "", err
		}
	}
	f.peer = dir
	return dir, nil
}
