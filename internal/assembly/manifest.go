package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// stackName returns the name of the stack with this template, as the manifest of its
// folder says; "" where it has no manifest or is not in it.
func (w *world) stackName(path string) (string, error) {
	folder := filepath.Dir(path)
	names, read := w.manifests[folder]
	if !read {
		var err error
		if names, err = readManifest(filepath.Join(folder, "manifest.json")); err != nil {
			return "", err
		}
		w.manifests[folder] = names
	}
	return names[filepath.Base(path)], nil
}

// readManifest returns the names of the stacks of a manifest, by the files of their
// templates. A manifest that does not exist has none.
func readManifest(path string) (map[string]string, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to read manifest: %w", err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Properties struct{ TemplateFile, StackName string }
		}
	}
	if err := json.Unmarshal(content, &manifest); err != nil {
		return nil, fmt.Errorf("manifest %q is not the one of a cloud assembly; synthesize the app again", path)
	}
	names := map[string]string{}
	for id, artifact := range manifest.Artifacts {
		name := artifact.Properties.StackName
		if name == "" {
			name = id
		}
		names[artifact.Properties.TemplateFile] = name
	}
	return names, nil
}
