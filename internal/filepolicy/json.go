package filepolicy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ebb7bed6/sopscdk/internal/smallfile"
)

// FileName is the name of the file in a cloud assembly that holds the policy of its app.
const FileName = "sopscdk-file-policy.json"

// Read reads a policy from a file, or, for a folder, from the cloud assembly (cdk.out) in
// it. Where the assembly has none, the error wraps [fs.ErrNotExist].
func Read(path string) (*Policy, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err // it names the path
	}
	if info.IsDir() {
		if _, err := os.Stat(filepath.Join(path, "manifest.json")); err != nil {
			return nil, fmt.Errorf("%s is no cloud assembly: it has no manifest.json; name cdk.out, or a file with a policy", path)
		}
		path = filepath.Join(path, FileName)
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // a named pipe may never end
			return nil, fmt.Errorf("%s is no file", path)
		}
	}
	content, err := readSmall(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the app of %s sets no file policy: %w", filepath.Dir(path), fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	policy := &Policy{}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields() // a rule of a newer release must not be left out
	if err := decoder.Decode(policy); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if decoder.More() {
		return nil, fmt.Errorf("%s: text behind the policy", path)
	}
	if err := policy.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return policy, nil
}

// maxFile is more than a policy can need, in bytes.
const maxFile = 1 << 20

// readSmall reads a file of up to maxFile bytes.
func readSmall(path string) ([]byte, error) {
	content, err := smallfile.Read(path, maxFile)
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s has over %d bytes, so it is no file policy", path, maxFile)
	}
	return content, err
}

// Write writes the policy into the cloud assembly in the folder. nil removes the one of an
// earlier synthesis.
func (p *Policy) Write(folder string) error {
	path := filepath.Join(folder, FileName)
	if p == nil {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	content, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(content, '\n'), 0o644)
}
