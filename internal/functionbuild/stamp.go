package functionbuild

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// module is the path of the module that the function's source is in.
const module = "github.com/ebb7bed6/sopscdk"

// stamp says which package was built from what. It spares an app the two runs of the go
// command that would build the same package again. It lies beside the package, in the
// folder that is the user's alone, and the package must have its hash: whoever can write
// both can as well write the go command's cache, from which the package is built.
type stamp struct {
	SHA256  string
	Zip     string // the name of the package in the folder
	Parsers map[string]string
}

// stampName returns the name of the stamp for all that decides what is built for arch in
// a module: the release of Go, the settings, go.mod, go.sum, which says what each module
// must hold, and, in this module itself, the source. dir is as in [Compile]. It returns ""
// where more than that decides: a workspace, a vendor folder, or a module that is
// replaced by a folder.
//
// The release is that of the running app. It counts only for a package that the go
// command built with the same: see [stamped].
func stampName(dir string, arch Arch) string {
	root := moduleRoot(dir)
	if root == "" || os.Getenv("GOWORK") != "" && os.Getenv("GOWORK") != "off" {
		return ""
	}
	if os.Getenv("GOWORK") == "" && above(root, "go.work") != "" {
		return ""
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || bytes.Contains(mod, []byte("=>")) {
		return ""
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return ""
	}
	if _, err := os.Lstat(filepath.Join(root, "vendor")); err == nil {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q\n", runtime.Version(), fixed(arch), buildArguments(""))
	fmt.Fprintf(h, "%d %s\n%d %s\n", len(mod), mod, len(sum), sum)
	if isModule(mod, module) {
		for _, folder := range []string{"cmd/sopssync", "internal"} {
			if hashSource(h, filepath.Join(root, folder)) != nil {
				return ""
			}
		}
	}
	return "sopssync-" + hex.EncodeToString(h.Sum(nil)[:16]) + ".stamp"
}

// moduleRoot returns the folder of the go.mod that the go command uses in dir; "" for
// none.
func moduleRoot(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	return above(dir, "go.mod")
}

// above returns the nearest folder, from dir upwards, that has a file of that name.
func above(dir, name string) string {
	for {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// isModule reports whether a go.mod is that of the module with the path.
func isModule(mod []byte, path string) bool {
	for line := range strings.Lines(string(mod)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "module" {
			return strings.Trim(fields[1], `"`) == path
		}
	}
	return false
}

// hashSource writes all source below a folder to h, with its names.
func hashSource(h hash.Hash, folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "testdata":
			return filepath.SkipDir
		case entry.IsDir(), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		fmt.Fprintf(h, "%q %d %s\n", filepath.ToSlash(name), len(content), content)
		return err
	})
}

// stamped returns the package that a stamp in the folder names, if it is there and has
// the hash that the stamp says.
func stamped(folder, name string) (Result, bool) {
	if name == "" {
		return Result{}, false
	}
	content, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return Result{}, false
	}
	var s stamp
	if err := json.Unmarshal(content, &s); err != nil || s.Zip != filepath.Base(s.Zip) {
		return Result{}, false
	}
	path := filepath.Join(folder, s.Zip)
	zipped, err := os.ReadFile(path)
	if err != nil {
		return Result{}, false
	}
	if sum := sha256.Sum256(zipped); hex.EncodeToString(sum[:]) != s.SHA256 {
		return Result{}, false
	}
	return Result{Zip: path, SHA256: s.SHA256, Parsers: s.Parsers}, true
}

// writeStamp notes what was built, for the next app. Without it that app builds again, so
// a failure is none.
func writeStamp(folder, name string, built Result) {
	// Another go command than the one that compiled the app.
	if name == "" || built.goVersion != runtime.Version() {
		return
	}
	if content, err := json.Marshal(stamp{built.SHA256, filepath.Base(built.Zip), built.Parsers}); err == nil {
		_ = replace(filepath.Join(folder, name), content)
	}
}
