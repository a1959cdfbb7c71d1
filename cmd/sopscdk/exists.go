package main

import (
	"fmt"
	"os"
)

// exists returns an error where there is no file at a path. Unlike a construct, a command
// takes a path as the shell does.
func exists(path string) error {
	if info, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no file %s", shown(path))
	} else if info.IsDir() {
		return fmt.Errorf("%s is a folder; name the files in it", shown(path))
	}
	return nil
}
