package main_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the function as it is deployed, but built for this machine.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	// The scenarios wait far more than they work.
	flag.Parse()
	_ = flag.Set("test.parallel", "32")
	dir, err := os.MkdirTemp("", "sopssync")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "bootstrap")
	if err := build(".", binary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// build makes the function from the source in dir, as it is done at synth.
func build(dir, to string) error {
	c := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags", "lambda.norpc,nethttpomithttp2,sopssync", "-o", to, ".")
	c.Dir = dir
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the function: %w\n%s", err, out)
	}
	return nil
}

// The asset's hash must not tell where it was built.
func TestSameBytesInAnotherFolder(t *testing.T) {
	t.Parallel()
	there := t.TempDir()
	root := filepath.Join("..", "..")
	for _, name := range []string{"cmd/sopssync", "internal"} {
		if err := os.CopyFS(filepath.Join(there, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(there, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	copied := filepath.Join(there, "bootstrap")
	if err := build(filepath.Join(there, "cmd", "sopssync"), copied); err != nil {
		t.Fatal(err)
	}
	a, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Errorf("%d bytes here, %d other bytes there", len(a), len(b))
	}
}
