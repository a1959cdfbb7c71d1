package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A file is written once, as a whole, and not after an interrupt.
func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.sops.json")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := create(stopped, path, []byte("new")); !errors.Is(err, errStopped) {
		t.Errorf("after an interrupt: %v", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a file was written (%v)", err)
	}
	if err := create(t.Context(), path, []byte("new")); err != nil {
		t.Error(err)
	}
	if err := create(t.Context(), path, []byte("newer")); !os.IsExist(err) {
		t.Errorf("over another file: %v", err)
	}
	if content, err := os.ReadFile(path); string(content) != "new" {
		t.Errorf("it holds %q (%v)", content, err)
	}
}
