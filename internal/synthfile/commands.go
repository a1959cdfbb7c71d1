package synthfile

import (
	"fmt"
	"path/filepath"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// inFolder is a command on the file that is run in the file's own folder: sops
// looks for .sops.yaml there and above, and not beside the file.
func inFolder(path, command string) string {
	dir, base := filepath.Split(filepath.ToSlash(path))
	if dir == "" {
		return command + " " + filetext.ShellWord(base)
	}
	return fmt.Sprintf("cd %s && %s %s", filetext.ShellWord(filepath.Clean(dir)), command, filetext.ShellWord(base))
}

// createCommand is the command that makes the file, in a folder that may not be
// there yet.
func createCommand(path string) string {
	if dir := filepath.Dir(path); dir != "." {
		return fmt.Sprintf("mkdir -p %s && %s", filetext.ShellWord(filepath.ToSlash(dir)), inFolder(path, "sops edit"))
	}
	return inFolder(path, "sops edit")
}
