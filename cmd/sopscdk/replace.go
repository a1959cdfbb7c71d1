package main

import (
	"os"
	"path/filepath"
)

// replace writes the file in one step: a reader sees all of the old one or of the new.
func replace(path string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".sopscdk-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(content)
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
