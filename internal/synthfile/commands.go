package synthfile

import (
	"fmt"
	"path/filepath"
)

// inFolder is a command on the file that is run in the file's own folder: sops
// looks for .sops.yaml there and above, and not beside the file.
func inFolder(path, command string) string {
	dir, base := filepath.Split(filepath.ToSlash(path))
	if dir == "" {
		return command + " " + base
	}
	return fmt.Sprintf("cd %s && %s %s", filepath.Clean(dir), command, base)
}

// createCommand is the command that makes the file, in a folder that may not be
// there yet.
func createCommand(path string) string {
	if dir := filepath.Dir(path); dir != "." {
		return fmt.Sprintf("mkdir -p %s && %s", filepath.ToSlash(dir), inFolder(path, "sops edit"))
	}
	return inFolder(path, "sops edit")
}
