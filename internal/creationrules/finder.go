package creationrules

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/ebb7bed6/sopscdk/internal/smallfile"
)

const (
	fileName = ".sops.yaml"
	// variable names another file than the nearest, as for the sops command.
	variable = "SOPS_CONFIG"
	// maxSize is more than any such file has, in bytes.
	maxSize = 1 << 20
)

// Finder finds creation rules. It reads each file with rules once. The zero value is ready,
// and may be used from several goroutines.
type Finder struct {
	mu   sync.Mutex
	read map[string]func() ([]creationRule, error)
}

// Find returns the rule for the file at path. It is that of the nearest .sops.yaml, in the
// file's folder or above it, which sops finds when it runs in that folder; or that of the
// file which SOPS_CONFIG names. Find returns nil where there is none, or none with rules.
// Its errors name the file with the rules.
func (f *Finder) Find(path string) (*Rule, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	config := os.Getenv(variable)
	if config == "" {
		if config = nearest(filepath.Dir(path)); config == "" {
			return nil, nil
		}
	}
	rules, err := f.rules(config)
	if err != nil {
		return nil, err
	}
	rule, err := ruleFor(rules, config, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown(config), err)
	}
	return rule, nil
}

// rules returns the rules in a file.
func (f *Finder) rules(config string) ([]creationRule, error) {
	f.mu.Lock()
	get := f.read[config]
	if get == nil {
		get = sync.OnceValues(func() ([]creationRule, error) {
			content, err := read(config)
			if err != nil {
				return nil, fmt.Errorf("%s cannot be read: %w", shown(config), err)
			}
			rules, err := parse(content)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", shown(config), err)
			}
			return rules, nil
		})
		if f.read == nil {
			f.read = map[string]func() ([]creationRule, error){}
		}
		f.read[config] = get
	}
	f.mu.Unlock()
	return get()
}

// nearest returns the file with the rules in folder or above it; "" where there is none.
func nearest(folder string) string {
	for {
		config := filepath.Join(folder, fileName)
		if _, err := os.Stat(config); err == nil {
			return config
		}
		up := filepath.Dir(folder)
		if up == folder {
			return ""
		}
		folder = up
	}
}

func read(config string) ([]byte, error) {
	content, err := smallfile.Read(config, maxSize)
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Op == "open" {
		err = e.Err
	}
	if err == nil && len(content) > maxSize {
		err = fmt.Errorf("it is over %d bytes", maxSize)
	}
	return content, err
}
