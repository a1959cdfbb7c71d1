// Package fleet starts apps of the CDK that have many secrets, ours in Go and the same
// in JavaScript with the npm package cdk-sops-secrets, and says what each process took.
//
// It builds the Go apps from bench/apps and installs what the JavaScript apps need once,
// so that a run is the app alone.
package fleet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// Fleet is a folder for one run of a benchmark. It must be closed. Its methods expect
// to be called in the folder bench.
type Fleet struct {
	dir   string
	repo  string // the root of the repository
	peer  string // the folder of the JavaScript apps; empty until they are needed
	built map[string]string
	zip   string // the sync function
	files map[string]int
	runs  int
}

// New makes a fleet.
func New() (*Fleet, error) {
	repo, err := filepath.Abs("..")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	return &Fleet{dir: dir, repo: repo, built: map[string]string{}, files: map[string]int{}}, nil
}

// Close removes the folder.
func (f *Fleet) Close() { _ = os.RemoveAll(f.dir) }

// Size is how many secrets an app has, over how many stacks.
type Size struct{ Secrets, Stacks int }

// Fifty is so many secrets with 50 in a stack.
func Fifty(secrets int) Size { return Size{secrets, (secrets + 49) / 50} }

// Ours is the fleet of apps/ours, with further arguments of it. It takes the files that
// [Fleet.Files] made in the folder.
func (f *Fleet) Ours(files string, size Size, more ...string) (*App, error) {
	binary, err := f.Build("ours")
	if err != nil {
		return nil, err
	}
	args := []string{binary, "-files", files, "-secrets", strconv.Itoa(size.Secrets), "-stacks", strconv.Itoa(size.Stacks)}
	// In the root of the repository, where the go command finds the function's source
	// as it does in the module of any app.
	return &App{fleet: f, Args: slices.Concat(args, more), Dir: f.repo, Secrets: size.Secrets}, nil
}

// Peer is the same fleet in JavaScript.
func (f *Fleet) Peer(files string, size Size) (*App, error) {
	dir, err := f.Installed()
	if err != nil {
		return nil, err
	}
	args := []string{"node", filepath.Join(dir, "fleet.js"), files, strconv.Itoa(size.Secrets), strconv.Itoa(size.Stacks)}
	return &App{fleet: f, Args: args, Dir: dir, Secrets: size.Secrets}, nil
}

// Bare is the app of apps/bare.
func (f *Fleet) Bare() (*App, error) {
	binary, err := f.Build("bare")
	if err != nil {
		return nil, err
	}
	zip, err := f.Zip()
	if err != nil {
		return nil, err
	}
	return &App{fleet: f, Args: []string{binary, zip}, Dir: f.repo, Secrets: 1}, nil
}

// Empty is the app of apps/empty.
func (f *Fleet) Empty() (*App, error) {
	binary, err := f.Build("empty")
	if err != nil {
		return nil, err
	}
	return &App{fleet: f, Args: []string{binary}, Dir: f.repo}, nil
}

// Build builds an app of bench/apps, and returns its path.
func (f *Fleet) Build(name string) (string, error) {
	if binary := f.built[name]; binary != "" {
		return binary, nil
	}
	binary := filepath.Join(f.dir, name)
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "./apps/"+name)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(build.Args, " "), err, out)
	}
	f.built[name] = binary
	return binary, nil
}

// Zip is the sync function, ready for Lambda.
func (f *Fleet) Zip() (string, error) {
	if f.zip == "" {
		out := filepath.Join(f.dir, "function")
		if err := os.Mkdir(out, 0o755); err != nil {
			return "", err
		}
		built, err := functionbuild.Compile(filepath.Join(f.repo, "cmd", "sopssync"), out, functionbuild.ARM64)
		if err != nil {
			return "", err
		}
		f.zip = built.Zip
	}
	return f.zip, nil
}

// Sub makes a folder in the fleet's own.
func (f *Fleet) Sub(name string) (string, error) {
	dir := filepath.Join(f.dir, name)
	return dir, os.MkdirAll(dir, 0o755)
}

// Repo is the root of the repository.
func (f *Fleet) Repo() string { return f.repo }
