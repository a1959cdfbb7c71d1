package synthfile

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// inFolder is a command on the file that is run in the file's own folder: sops
// looks for .sops.yaml there and above, and not beside the file.
func inFolder(path, command string) string {
	dir, base := filepath.Split(filepath.ToSlash(path))
	if dir == "" {
		return command + " " + shellWord(base)
	}
	return fmt.Sprintf("cd %s && %s %s", shellWord(filepath.Clean(dir)), command, shellWord(base))
}

// createCommand is the command that makes the file, in a folder that may not be
// there yet.
func createCommand(path string) string {
	if dir := filepath.Dir(path); dir != "." {
		return fmt.Sprintf("mkdir -p %s && %s", shellWord(filepath.ToSlash(dir)), inFolder(path, "sops edit"))
	}
	return inFolder(path, "sops edit")
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./@%+=:,][A-Za-z0-9_./@%+=:,-]*$`)

// shellWord returns a path as a shell takes it for one word.
func shellWord(path string) string {
	if plainWord.MatchString(path) {
		return path
	}
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
