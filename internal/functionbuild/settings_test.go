package functionbuild_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// No setting of the user gets into the function: neither one that "go env -w" wrote
// nor one of the environment. Each of these changes the program, or runs another, when it
// is let through.
func TestNoSettingGetsThrough(t *testing.T) {
	built := build(t, functionbuild.ARM64)
	temp := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(temp, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	source, err := filepath.Abs(filepath.Join("..", "..", "cmd", "sopssync", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	evil := write("evil.go", "package main\n\nfunc main() { println(\"evil\") }\n", 0o644)
	overlay := write("overlay.json", `{"Replace": {`+strconv.Quote(source)+`: `+strconv.Quote(evil)+`}}`, 0o644)
	marker := filepath.Join(temp, "toolexec-ran")
	tool := write("tool", "#!/bin/sh\ntouch "+marker+"\nexec \"$@\"\n", 0o755)
	program := write("cacheprog", "#!/bin/sh\ntouch "+marker+"\nexit 1\n", 0o755)

	flags := []string{"-overlay=" + overlay, "-toolexec=" + tool, "-gcflags=all=-N", "-tags=evil", "-buildmode=pie"}
	settings := map[string]string{
		"GOFLAGS": strings.Join(flags, " "), "GOEXPERIMENT": "nogreenteagc", "GOCACHEPROG": program, "GOARM64": "v9.0",
		"GOFIPS140": "latest", "GO111MODULE": "off", "GOOS": "darwin", "CGO_ENABLED": "1",
	}
	var lines strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&lines, "%s=%s\n", name, value)
	}
	// Where "go env -w" writes on Linux.
	if err := os.Mkdir(filepath.Join(temp, "go"), 0o755); err != nil {
		t.Fatal(err)
	}
	write("go/env", lines.String(), 0o644)
	for from, variables := range map[string]map[string]string{"go env -w": {"XDG_CONFIG_HOME": temp}, "the environment": settings} {
		t.Run(from, func(t *testing.T) {
			for name, value := range variables {
				t.Setenv(name, value)
			}
			got, err := functionbuild.Compile("", t.TempDir(), functionbuild.ARM64)
			if err != nil {
				t.Fatal(err)
			}
			if got.SHA256 != built.SHA256 {
				t.Errorf("the function is another: %s, want %s", got.SHA256, built.SHA256)
			}
			if _, err := os.Stat(marker); err == nil {
				t.Error("the program that a setting names was run")
			}
		})
	}
}

// A program that stands in the folder already, whatever it says of itself, is not
// taken for the one that is built.
func TestTheProgramIsBuiltAnew(t *testing.T) {
	built := build(t, functionbuild.ARM64)
	folder := t.TempDir()
	patched := bootstrapOf(t, built.Zip)
	patched[len(patched)-1] ^= 1 // its build id is elsewhere, and stays
	name := filepath.Join(folder, filepath.Base(built.Zip))
	zipped, err := functionbuild.Pack(patched)
	if err == nil {
		err = os.WriteFile(name, zipped, 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "bootstrap"), patched, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := functionbuild.Compile("", folder, functionbuild.ARM64)
	if err != nil {
		t.Fatal(err)
	}
	if got.SHA256 != built.SHA256 || got.Zip != name {
		t.Errorf("got %s, %s, want %s at %s", got.SHA256, got.Zip, built.SHA256, name)
	}
	if _, err := functionbuild.CheckZip(got.Zip, functionbuild.ARM64); err != nil {
		t.Error(err)
	}
}
