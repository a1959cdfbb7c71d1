package leakscan

import (
	"os"
	"path/filepath"
)

// Result is what a scan found.
type Result struct {
	Finds      []Find
	Unsearched []Unsearched
	// Searched is how many different values were looked for.
	Searched int
}

// Unsearched is a file of which a part was not searched.
type Unsearched struct{ Path, Reason string }

// Find is a file that holds values.
type Find struct {
	// Path is the file. In place of a name in it that holds a value is "…".
	Path string
	// Keys are the values that were found: each as the quoted name of the value, "of" and
	// the SOPS file.
	Keys []string
	// Locations are places in a JSON file, such as "/Resources/X/Properties/Y", if they
	// are known.
	Locations []string

	file string // is deleted by Remove; "" for one that is outside of the assembly
}

// Removable reports whether Remove deletes the file: whether it is in the assembly's own
// folder. What an app uploads from elsewhere is its source.
func (f Find) Removable() bool { return f.file != "" }

// Remove deletes the file, if it is removable.
func (f Find) Remove() error {
	if !f.Removable() {
		return nil
	}
	return os.Remove(f.file)
}

// owns reports whether a file is the assembly's, and not behind a link that leads out of it.
func (a *assembly) owns(path string) bool {
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return false
	}
	_, ok := inside(a.root, folder)
	return ok
}

// inside returns path relative to root, if it is in that folder.
func inside(root, path string) (relative string, ok bool) {
	relative, err := filepath.Rel(root, path)
	return relative, err == nil && filepath.IsLocal(relative)
}
