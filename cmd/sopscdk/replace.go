package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// replace writes the file in one step: a reader sees all of the old one or of the new. It
// replaces only a file that begins as the new one does, up to the end of begin, so that a
// slip on the command line costs no other file.
func replace(path string, content []byte, begin string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() || !begins(path, begin) {
			return fmt.Errorf("%s is there already, and is nothing that this command has written; remove it, or name another file", shown(path))
		}
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
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

// begins reports whether a file begins with that text, or is empty.
func begins(path, text string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, int64(len(text))))
	return err == nil && (len(content) == 0 || bytes.Equal(content, []byte(text)))
}
