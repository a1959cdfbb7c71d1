package functionbuild_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// write writes a file below a folder.
func write(t *testing.T, folder, name, content string) {
	t.Helper()
	path := filepath.Join(folder, name)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(content), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Whatever decides what is built is in the name of the stamp, and where more decides
// there is none.
func TestStampName(t *testing.T) {
	t.Setenv("GOWORK", "")
	for _, own := range []bool{false, true} {
		path := "example.com/app"
		if own {
			path = "github.com/ebb7bed6/sopscdk"
		}
		root := filepath.Join(t.TempDir(), "app")
		write(t, root, "go.mod", "module "+path+"\n\ngo 1.26\n")
		write(t, root, "go.sum", "a v1 h1:x\n")
		write(t, root, "cmd/sopssync/main.go", "package main\n")
		write(t, root, "internal/a/a.go", "package a\n")
		name := func() string { return functionbuild.StampName(root, functionbuild.ARM64) }
		first := name()
		if first == "" || functionbuild.StampName(filepath.Join(root, "internal/a"), functionbuild.ARM64) != first {
			t.Fatalf("got %q, or another one in a folder below", first)
		}
		if functionbuild.StampName(root, functionbuild.AMD64) == first {
			t.Error("both architectures have one stamp")
		}
		for _, change := range []struct {
			file, content string
			changes       bool
		}{
			{"go.mod", "module " + path + "\n\ngo 1.26\n\nrequire a v2\n", true},
			{"go.sum", "a v2 h1:y\n", true},
			{"internal/a/a.go", "package a // changed\n", own},
			{"internal/b/b.go", "package b\n", own},
			{"cmd/sopssync/main.go", "package main // changed\n", own},
			{"cmd/sopssync/main_test.go", "package main\n", false},
			{"internal/a/testdata/x", "x", false},
			{"constructs/c.go", "package c\n", false},
		} {
			before := name()
			write(t, root, change.file, change.content)
			if changed := name() != before; changed != change.changes {
				t.Errorf("%s in %s: changed %v, want %v", change.file, path, changed, change.changes)
			}
		}
		for what, there := range map[string]func(){
			"a workspace":       func() { write(t, filepath.Dir(root), "go.work", "go 1.26\n") },
			"a vendor folder":   func() { write(t, root, "vendor/modules.txt", "") },
			"a replaced module": func() { write(t, root, "go.mod", "module "+path+"\nreplace a => ../a\n") },
			"no go.sum":         func() { _ = os.Remove(filepath.Join(root, "go.sum")) },
		} {
			copied := filepath.Join(t.TempDir(), "app")
			if err := copyTree(root, copied); err != nil {
				t.Fatal(err)
			}
			was := root
			root = copied
			if name() == "" {
				t.Fatalf("%s: there is no stamp before", what)
			}
			there()
			if got := name(); got != "" {
				t.Errorf("%s: got %s", what, got)
			}
			root = was
		}
		t.Run("the environment's workspace", func(t *testing.T) {
			t.Setenv("GOWORK", filepath.Join(root, "else.work"))
			if got := name(); got != "" {
				t.Errorf("got %s", got)
			}
		})
	}
	if got := functionbuild.StampName(t.TempDir(), functionbuild.ARM64); got != "" {
		t.Errorf("outside of a module: got %s", got)
	}
}

// A stamp counts for the very package that it was written for, built by the app's own
// release of Go.
func TestStamp(t *testing.T) {
	built := build(t, functionbuild.ARM64)
	content, err := os.ReadFile(built.Zip)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write(t, folder, filepath.Base(built.Zip), string(content))
	again, err := functionbuild.Compile("", folder, functionbuild.ARM64)
	if err != nil {
		t.Fatal(err)
	}
	const name = "sopssync-0.stamp"
	if _, ok := functionbuild.Stamped(folder, name); ok {
		t.Fatal("there is a stamp before any was written")
	}
	functionbuild.WriteStamp(folder, name, functionbuild.Result{Zip: again.Zip, SHA256: again.SHA256}) // of an unknown release
	if _, ok := functionbuild.Stamped(folder, name); ok {
		t.Fatal("a package of another release of Go has a stamp")
	}
	functionbuild.WriteStamp(folder, name, again)
	got, ok := functionbuild.Stamped(folder, name)
	if !ok || got.Zip != again.Zip || got.SHA256 != built.SHA256 || len(got.Parsers) == 0 {
		t.Fatalf("got %+v, %v", got, ok)
	}
	for what, change := range map[string]func(){
		"a patched package of the same length": func() { write(t, folder, filepath.Base(again.Zip), strings.Repeat("x", len(content))) },
		"no package":                           func() { _ = os.Remove(again.Zip) },
		"a stamp for a package elsewhere": func() {
			write(t, folder, name, `{"SHA256":"`+built.SHA256+`","Zip":"../`+filepath.Base(built.Zip)+`"}`)
		},
		"half a stamp":   func() { write(t, folder, name, `{"SHA256":"`) },
		"an empty stamp": func() { write(t, folder, name, `{}`) },
	} {
		write(t, folder, filepath.Base(again.Zip), string(content))
		functionbuild.WriteStamp(folder, name, again)
		if _, ok := functionbuild.Stamped(folder, name); !ok {
			t.Fatalf("%s: the stamp does not count before", what)
		}
		change()
		if got, ok := functionbuild.Stamped(folder, name); ok {
			t.Errorf("%s: got %+v", what, got)
		}
	}
}
