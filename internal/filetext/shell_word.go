package filetext

import (
	"regexp"
	"strings"
	"sync"
)

var plainWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9_./@%+=:,][A-Za-z0-9_./@%+=:,-]*$`)
})

// ShellWord returns a path as a POSIX shell takes it for one word, which no command takes for
// an option. It is for commands in messages, so that they can be pasted.
func ShellWord(path string) string {
	if plainWord().MatchString(path) {
		return path
	}
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
