package leakscan

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// assembly is what is searched: the folder of the app's assembly, and what it uploads.
type assembly struct {
	root string
	// folders are the folders of the assembly and of its Stages.
	folders []string
	// files are all files in them, and those outside that are uploaded.
	files []string
}

// readAssembly lists the files of an assembly. Assets in its folder that no manifest names
// are left out: they are of an earlier synthesis, and nothing uploads them.
func readAssembly(root string) (*assembly, error) {
	a := &assembly{root: root}
	a.folders = a.nested(root, nil)
	manifests := map[string][]byte{}
	var all []byte
	for _, folder := range a.folders {
		names, _ := filepath.Glob(filepath.Join(folder, "*.assets.json"))
		for _, name := range append(names, filepath.Join(folder, "manifest.json")) {
			if content, err := os.ReadFile(name); err == nil {
				manifests[name] = content
				all = append(append(all, content...), 0)
			}
		}
	}
	seen := map[string]bool{}
	for i, folder := range a.folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			path := filepath.Join(folder, entry.Name())
			switch {
			case i == 0 && entry.Name() == ".cache": // zip files that cdk made of the assets
			case strings.HasPrefix(entry.Name(), "asset.") && !bytes.Contains(all, []byte(entry.Name())):
			case entry.IsDir() && strings.HasPrefix(entry.Name(), "assembly-"):
			default:
				a.add(path, seen)
			}
		}
	}
	for name, content := range manifests {
		for _, path := range sources(content) {
			if !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(name), path)
			}
			if _, ok := inside(root, path); !ok {
				a.add(path, seen)
			}
		}
	}
	return a, nil
}

// nested returns a folder and those of the Stages in it.
func (a *assembly) nested(folder string, to []string) []string {
	to = append(to, folder)
	inner, _ := filepath.Glob(filepath.Join(folder, "assembly-*"))
	for _, path := range inner {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			to = a.nested(path, to)
		}
	}
	return to
}

// add adds a file, or all files in a folder. What cannot be read is searched, and said,
// later.
func (a *assembly) add(path string, seen map[string]bool) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			path = resolved // WalkDir follows no link, the first neither
		}
	}
	_ = filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || seen[path] {
			return nil
		}
		if info, err := os.Stat(path); err != nil || info.Mode().IsRegular() { // of a link: its target
			seen[path] = true
			if err == nil {
				a.files = append(a.files, path)
			}
		}
		return nil
	})
}

// sources returns the files and folders that a manifest of assets names.
func sources(manifest []byte) []string {
	var m struct {
		Files map[string]struct {
			Source struct{ Path string }
		}
		DockerImages map[string]struct {
			Source struct{ Directory string }
		}
	}
	if json.Unmarshal(manifest, &m) != nil {
		return nil
	}
	var all []string
	for _, file := range m.Files {
		if file.Source.Path != "" {
			all = append(all, file.Source.Path)
		}
	}
	for _, image := range m.DockerImages {
		if image.Source.Directory != "" {
			all = append(all, image.Source.Directory)
		}
	}
	return all
}
