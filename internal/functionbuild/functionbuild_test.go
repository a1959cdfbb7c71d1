package functionbuild_test

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

func build(t *testing.T, arch functionbuild.Arch) functionbuild.Result {
	t.Helper()
	built, err := functionbuild.Build(arch)
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// The same source in another folder makes the same bytes, and so the same asset.
func TestTheSameBytesInEveryFolder(t *testing.T) {
	built := build(t, functionbuild.ARM64)
	copied := t.TempDir()
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum", "cmd", "internal"} {
		if err := copyTree(filepath.Join(strings.TrimSpace(string(root)), name), filepath.Join(copied, name)); err != nil {
			t.Fatal(err)
		}
	}
	again, err := functionbuild.Compile(filepath.Join(copied, "cmd", "sopssync"), t.TempDir(), functionbuild.ARM64)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(again.Zip) != filepath.Base(built.Zip) {
		t.Errorf("%s and %s differ: they are named for their content", built.Zip, again.Zip)
	}
	first, err := os.ReadFile(built.Zip)
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(again.Zip)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("the zips differ")
	}
}

// A package in the cache is used if it holds the program that was just built, and
// nothing else, whatever stands there under its name.
func TestACachedPackageIsVerified(t *testing.T) {
	program := bytes.Repeat([]byte("a program "), 1000)
	good, err := functionbuild.Pack(program)
	if err != nil {
		t.Fatal(err)
	}
	zipped := func(mode fs.FileMode, content []byte, entries ...string) []byte {
		var buffer bytes.Buffer
		archive := zip.NewWriter(&buffer)
		for _, name := range entries {
			header := &zip.FileHeader{Name: name, Method: zip.Deflate}
			header.SetMode(mode)
			entry, err := archive.CreateHeader(header)
			if err == nil {
				_, err = entry.Write(content)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
		return buffer.Bytes()
	}
	evil := bytes.Repeat([]byte("echo evil "), 1000)
	// The same length as the right package.
	padded := zipped(0o755, []byte("echo evil"), "bootstrap")
	padded = append(padded, make([]byte, max(0, len(good)-len(padded)))...)
	for name, c := range map[string]struct {
		content []byte
		want    bool
	}{
		"as packed":           {good, true},
		"another program":     {zipped(0o755, evil, "bootstrap"), false},
		"of the same length":  {padded, false},
		"two programs":        {zipped(0o755, program, "bootstrap", "bootstrap"), false},
		"another file too":    {zipped(0o755, program, "bootstrap", "more"), false},
		"another name":        {zipped(0o755, program, "main"), false},
		"not executable":      {zipped(0o644, program, "bootstrap"), false},
		"longer":              {zipped(0o755, append(bytes.Clone(program), 'x'), "bootstrap"), false},
		"shorter":             {zipped(0o755, program[:len(program)-1], "bootstrap"), false},
		"cut":                 {good[:len(good)/2], false},
		"empty":               {nil, false},
		"one byte is another": {bytes.Replace(good, good[60:61], []byte{good[60] ^ 1}, 1), false},
	} {
		if got := functionbuild.Holds(c.content, program); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func copyTree(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}

func TestCheckZip(t *testing.T) {
	built := build(t, functionbuild.ARM64)
	if parsers, err := functionbuild.CheckZip(built.Zip, functionbuild.ARM64); err != nil || !maps.Equal(parsers, built.Parsers) || len(parsers) != 3 {
		t.Errorf("got the parsers %v (%v), want those of the build, %v", parsers, err, built.Parsers)
	}
	// pack zips entries, of each the name, the mode and the content.
	type entry struct {
		name    string
		mode    fs.FileMode
		content []byte
	}
	pack := func(entries ...entry) string {
		path := filepath.Join(t.TempDir(), "function.zip")
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		archive := zip.NewWriter(file)
		for _, e := range entries {
			header := &zip.FileHeader{Name: e.name, Method: zip.Store} // to deflate takes a quarter of a second
			header.SetMode(e.mode)
			w, err := archive.CreateHeader(header)
			if err == nil {
				_, err = w.Write(e.content)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	another := t.TempDir()
	if err := os.WriteFile(filepath.Join(another, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", "program", "main.go")
	cmd.Dir = another
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, err := os.ReadFile(filepath.Join(another, "program"))
	if err != nil {
		t.Fatal(err)
	}
	good := entry{"bootstrap", 0o755, bootstrapOf(t, built.Zip)}
	for name, c := range map[string]struct {
		path string
		arch functionbuild.Arch
		want string
	}{
		"no zip":       {"none.zip", functionbuild.ARM64, `open "none.zip"`},
		"architecture": {built.Zip, functionbuild.AMD64, "is built for EM_AARCH64, and the function's architecture is amd64"},
		"no bootstrap": {pack(entry{"main", 0o755, nil}), functionbuild.ARM64, "has no file bootstrap, which the runtime starts"},
		"no program":   {pack(entry{"bootstrap", 0o755, []byte("#!/bin/sh")}), functionbuild.ARM64, "is not a Linux program"},
		"another":      {pack(entry{"bootstrap", 0o755, program}), functionbuild.ARM64, "is not github.com/ebb7bed6/sopscdk/cmd/sopssync"},
		"two":          {pack(good, entry{"bootstrap", 0o755, program}), functionbuild.ARM64, "has 2 files bootstrap, and which of them runs is not defined"},
		"two, dotted":  {pack(good, entry{"./bootstrap", 0o755, program}), functionbuild.ARM64, "has 2 files bootstrap"},
		"two, rooted":  {pack(good, entry{"/bootstrap", 0o755, program}), functionbuild.ARM64, "has 2 files bootstrap"},
		"two, parent":  {pack(good, entry{`..\bootstrap`, 0o755, program}), functionbuild.ARM64, "has 2 files bootstrap"},
		"dotted alone": {pack(entry{"./bootstrap", 0o755, good.content}), functionbuild.ARM64, `names its file "./bootstrap"`},
		"a folder":     {pack(entry{"bootstrap/", fs.ModeDir | 0o755, nil}), functionbuild.ARM64, "has no file bootstrap"},
		"a link":       {pack(entry{"bootstrap", fs.ModeSymlink | 0o777, []byte("main")}), functionbuild.ARM64, "is not a regular file"},
		"mode 0644":    {pack(entry{"bootstrap", 0o644, good.content}), functionbuild.ARM64, "has the mode 0644, and Lambda could not start it"},
		"mode 0700":    {pack(entry{"bootstrap", 0o700, good.content}), functionbuild.ARM64, "has the mode 0700, and Lambda could not start it"},
		"no mode":      {pack(entry{"bootstrap", 0, good.content}), functionbuild.ARM64, "has the mode 0000"},
	} {
		if _, err := functionbuild.CheckZip(c.path, c.arch); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// bootstrapOf is the program in a package.
func bootstrapOf(t *testing.T, path string) []byte {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	file, err := archive.Open("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestDifferingParsers(t *testing.T) {
	const yaml = "go.yaml.in/yaml/v3"
	with := func(module *debug.Module) map[string]string {
		return functionbuild.ParserVersions(&debug.BuildInfo{Deps: []*debug.Module{{Path: "example.com/x", Version: "v1.0.0"}, module}})
	}
	app := with(&debug.Module{Path: yaml, Version: "v3.0.6"})
	for _, tt := range []struct {
		name     string
		function *debug.Module
		want     []string
	}{
		{"the same", &debug.Module{Path: yaml, Version: "v3.0.6"}, nil},
		{"older", &debug.Module{Path: yaml, Version: "v3.0.5"}, []string{yaml + " v3.0.6 here, v3.0.5 in the function"}},
		{"replaced by a version", &debug.Module{Path: yaml, Version: "v3.0.5", Replace: &debug.Module{Path: yaml, Version: "v3.0.6"}}, nil},
		{"replaced by another", &debug.Module{Path: yaml, Version: "v3.0.6", Replace: &debug.Module{Path: "example.com/yaml", Version: "v3.0.6"}},
			[]string{yaml + " v3.0.6 here, example.com/yaml v3.0.6 in the function"}},
	} {
		if got := functionbuild.Differing(app, with(tt.function)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := functionbuild.DifferingParsers(build(t, functionbuild.ARM64).Parsers); got != nil {
		t.Errorf("got %q, want none: both are built from this module", got)
	}
}
