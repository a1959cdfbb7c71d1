package assembly_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

// A stage is one folder, and in no other way than by its name. What is in itself would be
// read without end, and a folder that stands twice would count twice.
func TestStacksOfAFolderNamedTwice(t *testing.T) {
	const stage = `{"type": "cdk:cloud-assembly", "properties": {"directoryName": "%"}}`
	for name, artifacts := range map[string]string{
		"itself":        `"a": ` + strings.Replace(stage, "%", ".", 1),
		"one above":     `"a": ` + strings.Replace(stage, "%", "../cdk.out", 1),
		"a link to it":  `"a": ` + strings.Replace(stage, "%", "link", 1),
		"a stage twice": `"a": ` + strings.Replace(stage, "%", "stage", 1) + `, "b": ` + strings.Replace(stage, "%", "stage/", 1),
	} {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "cdk.out")
			if err := os.MkdirAll(filepath.Join(root, "stage"), 0o755); err != nil {
				t.Fatal(err)
			}
			for file, content := range map[string]string{"manifest.json": `{"artifacts": {` + artifacts + `}}`, "stage/manifest.json": `{}`} {
				if err := os.WriteFile(filepath.Join(root, file), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(".", filepath.Join(root, "link")); err != nil {
				t.Fatal(err)
			}
			if _, err := assembly.Stacks(root); err == nil || !strings.Contains(err.Error(), "names one folder twice as a stage") {
				t.Errorf("got %v", err)
			}
		})
	}
}
