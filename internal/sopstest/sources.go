package sopstest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// DependOnSources has "go test" run a test again when a Go file in one of the folders has
// changed. It is for tests that build a program and run it: the results that "go test" keeps
// count as long as the packages that the test links, and the files that it looks at, are the
// same, and so it looks at all of them. The folders must be of the test's module. Before m.Run,
// in TestMain, nobody notes what a test looks at.
func DependOnSources(t testing.TB, folders ...string) {
	t.Helper()
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
				return err
			}
			_, err = os.Stat(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
