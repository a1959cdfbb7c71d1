package synthfile

import (
	"os"
	"path/filepath"
	"strings"
)

// appFile is what the folder of a CDK app holds.
const appFile = "cdk.json"

// locate returns where the file at path is: a relative path is one of the working folder,
// in which the cdk command runs the app, or, where that has no such file, one of the
// nearest folder above with a cdk.json: "go test ./stacks" runs in stacks. Where the file
// is in neither, searched names the folders.
func locate(path string) (location string, searched []string) {
	here, err := os.Getwd()
	if filepath.IsAbs(path) || err != nil || exists(path) {
		return path, nil
	}
	for folder := here; ; folder = filepath.Dir(folder) {
		if exists(filepath.Join(folder, appFile)) {
			if there := filepath.Join(folder, path); exists(there) {
				return there, nil
			}
			if folder != here {
				return path, []string{here, folder}
			}
		}
		if folder == filepath.Dir(folder) || exists(filepath.Join(folder, appFile)) {
			return path, []string{here}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// in says which folders were searched.
func in(searched []string) string {
	if len(searched) == 0 {
		return ""
	}
	return " in " + strings.Join(searched, ", nor in the folder of "+appFile+", ")
}
