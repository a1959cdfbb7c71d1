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
	files []file
	// unlisted are folders whose files are not known.
	unlisted []file

	listed map[string]bool // the real paths of folders
}

// file is a file, and the folder below which its name is uploaded with it.
type file struct{ path, base string }

// name is the part of the path that is uploaded; "" for none.
func (f file) name() string {
	if relative, ok := inside(f.base, f.path); ok && relative != "." {
		return relative
	}
	return ""
}

// readAssembly lists the files of an assembly. Assets in its folder that no manifest names
// are left out: they are of an earlier synthesis, and nothing uploads them.
func readAssembly(root string) (*assembly, error) {
	a := &assembly{root: root, listed: map[string]bool{}}
	a.folders = a.nested(root, nil)
	manifests := map[string][]byte{}
	var all []byte
	for _, folder := range a.folders {
		for _, name := range append(named(folder, "", ".assets.json"), filepath.Join(folder, "manifest.json")) {
			if content, err := os.ReadFile(name); err == nil {
				manifests[name] = content
				all = append(append(all, content...), 0)
			}
		}
	}
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
				a.add(path, root)
			}
		}
	}
	outside := map[string]bool{}
	for name, content := range manifests {
		for _, path := range sources(content) {
			if !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(name), path)
			}
			if _, ok := inside(root, path); !ok && !outside[path] {
				outside[path] = true
				a.add(path, path)
			}
		}
	}
	return a, nil
}

// named returns the paths in a folder whose names begin and end so. (filepath.Glob would take
// a bracket in the folder's own name for a pattern.)
func named(folder, prefix, suffix string) []string {
	entries, _ := os.ReadDir(folder)
	var paths []string
	for _, entry := range entries {
		if name := entry.Name(); strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) {
			paths = append(paths, filepath.Join(folder, name))
		}
	}
	return paths
}

// nested returns a folder and those of the Stages in it.
func (a *assembly) nested(folder string, to []string) []string {
	to = append(to, folder)
	for _, path := range named(folder, "assembly-", "") {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			to = a.nested(path, to)
		}
	}
	return to
}

// add adds a file, or all files in a folder and behind links in it, since the files behind
// links are uploaded.
func (a *assembly) add(path, base string) {
	info, err := os.Stat(path)
	switch {
	case err != nil: // a link to nothing
	case info.Mode().IsRegular():
		a.files = append(a.files, file{path, base})
	case info.IsDir():
		a.addFolder(path, base)
	}
}

func (a *assembly) addFolder(path, base string) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil && a.listed[real] { // a link to it was there before, perhaps from within
		return
	}
	a.listed[real] = true
	entries, err := os.ReadDir(path)
	if err != nil {
		a.unlisted = append(a.unlisted, file{path, base})
	}
	for _, entry := range entries {
		inner := filepath.Join(path, entry.Name())
		switch entry.Type() {
		case 0:
			a.files = append(a.files, file{inner, base})
		case fs.ModeDir, fs.ModeSymlink:
			a.add(inner, base)
		}
	}
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
