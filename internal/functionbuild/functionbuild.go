// Package functionbuild builds the sync function from source, for the machine
// that synthesizes has Go by definition.
//
// The build is reproducible: with the same release of Go, every folder and every
// machine makes the same bytes, so the asset's hash, and with it the template,
// changes only when the function does.
package functionbuild

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Package is the import path of the function's main package.
const Package = "github.com/ebb7bed6/sopscdk/cmd/sopssync"

// Arch is a Go architecture that Lambda runs.
type Arch string

const (
	ARM64 Arch = "arm64"
	AMD64 Arch = "amd64"
)

const (
	// bootstrap is the program's name: the runtime provided.al2023 starts it.
	bootstrap = "bootstrap"
	packMode  = 0o755
)

// Result is a built function.
type Result struct {
	// Zip is the path of the deployment package: one file named bootstrap, as
	// the runtime provided.al2023 expects.
	Zip string
	// Binary is the path of the bootstrap itself.
	Binary string
}

var builds struct {
	sync.Mutex
	of map[Arch]func() (Result, error)
}

// Start begins to build for arch in the background, once per process.
func Start(arch Arch) { go func() { _, _ = Build(arch) }() }

// Build builds for arch, or waits for the build that [Start] began. What it
// makes lies in the user's cache directory, where an unchanged function is
// found again in about a tenth of a second.
func Build(arch Arch) (Result, error) {
	builds.Lock()
	if builds.of == nil {
		builds.of = map[Arch]func() (Result, error){}
	}
	once := builds.of[arch]
	if once == nil {
		once = sync.OnceValues(func() (Result, error) { return build(arch) })
		builds.of[arch] = once
	}
	builds.Unlock()
	return once()
}

func build(arch Arch) (Result, error) {
	dir, err := sourceDir()
	if err != nil {
		return Result{}, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return Result{}, fmt.Errorf("no cache directory to build the sync function in: %w; set HOME or XDG_CACHE_HOME", err)
	}
	out := filepath.Join(cache, "sopscdk", string(arch))
	if err := os.MkdirAll(out, 0o755); err != nil {
		return Result{}, fmt.Errorf("build the sync function: %w", err)
	}
	held, err := lock(filepath.Join(out, "lock"))
	if err != nil {
		return Result{}, fmt.Errorf("build the sync function: %w", err)
	}
	defer held.Close()
	built, err := compile(dir, out, arch, held)
	if err == nil {
		prune(out, built.Zip)
	}
	return built, err
}

// Compile builds the function whose source is in dir into the folder out.
func Compile(dir, out string, arch Arch) (Result, error) { return compile(dir, out, arch, nil) }

// compile is Compile, with the go command holding the lock too: it may outlive
// this process.
func compile(dir, out string, arch Arch, held *os.File) (Result, error) {
	binary := filepath.Join(out, bootstrap)
	cmd := exec.Command("go", "build", "-C", dir, "-o", binary,
		"-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags=lambda.norpc,nethttpomithttp2,sopssync", ".")
	cmd.Env = append(os.Environ(),
		"GOOS=linux", "GOARCH="+string(arch), "GOAMD64=v1", "GOARM64=v8.0",
		"CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off")
	if held != nil {
		cmd.ExtraFiles = []*os.File{held}
	}
	if err := run(cmd); err != nil {
		return Result{}, fmt.Errorf("build the sync function: %w", err)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return Result{}, fmt.Errorf("zip the sync function: %w", err)
	}
	// Named for its content: a process that still reads an older one keeps it.
	sum := sha256.Sum256(content)
	name := filepath.Join(out, "sopssync-"+hex.EncodeToString(sum[:8])+".zip")
	if !holds(name, content) {
		zipped, err := pack(content)
		if err == nil {
			err = replace(name, zipped)
		}
		if err != nil {
			return Result{}, fmt.Errorf("zip the sync function: %w", err)
		}
	}
	return Result{Zip: name, Binary: binary}, nil
}

// sourceDir asks the go command where the function's source is, which is right
// in a checkout and in the module cache of an app that uses the library.
func sourceDir() (string, error) {
	// Not from a vendor folder: no app imports the function, so it is in none.
	cmd := exec.Command("go", "list", "-mod=readonly", "-f", "{{.Dir}}", Package)
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := run(cmd); err != nil {
		return "", fmt.Errorf("find the sync function's source: %w\nrun cdk in the folder of the app's go.mod, which requires this library, or pass a FunctionZip", err)
	}
	return strings.TrimSpace(out.String()), nil
}

// run runs cmd and gives what it wrote to its error output as the error.
func run(cmd *exec.Cmd) error {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("the go command is not on the PATH; install Go, the function is built from source")
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args[:2], " "), err, strings.TrimSpace(stderr.String()))
	}
	return nil
}

// packTime is the time that the zip gives for its file: a fixed one, for the same bytes
// whenever it is built.
var packTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// pack zips the program alone, with a fixed time and mode.
func pack(program []byte) ([]byte, error) {
	header := &zip.FileHeader{Name: bootstrap, Method: zip.Deflate, Modified: packTime}
	header.SetMode(packMode)
	var zipped bytes.Buffer
	archive := zip.NewWriter(&zipped)
	entry, err := archive.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := entry.Write(program); err != nil {
		return nil, err
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return zipped.Bytes(), nil
}

// holds reports whether the file is a zip of this very program and nothing else, as
// pack writes it. To read it takes a tenth of the time that it takes to write.
func holds(name string, program []byte) bool {
	archive, err := zip.OpenReader(name)
	if err != nil {
		return false
	}
	defer archive.Close()
	if len(archive.File) != 1 {
		return false
	}
	file := archive.File[0]
	if file.Name != bootstrap || file.Mode() != packMode || file.UncompressedSize64 != uint64(len(program)) {
		return false
	}
	entry, err := file.Open()
	if err != nil {
		return false
	}
	defer entry.Close()
	content := make([]byte, len(program))
	if _, err := io.ReadFull(entry, content); err != nil {
		return false
	}
	// To the end, where the checksum is compared.
	rest, err := io.Copy(io.Discard, io.LimitReader(entry, 1))
	return err == nil && rest == 0 && bytes.Equal(content, program)
}

// keep is for how long the package of an older function stays, since an assembly
// may still refer to it.
const keep = 30 * 24 * time.Hour

// prune removes packages in the folder that were not used for long, but for current.
func prune(folder, current string) {
	now := time.Now()
	_ = os.Chtimes(current, now, now)
	packages, _ := filepath.Glob(filepath.Join(folder, "sopssync-*"))
	for _, name := range packages {
		if info, err := os.Stat(name); err == nil && now.Sub(info.ModTime()) > keep {
			_ = os.Remove(name)
		}
	}
}

// replace writes content to name. The rename makes a half-written file impossible.
func replace(name string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(name), "sopssync-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	if _, err := temp.Write(content); err != nil {
		temp.Close()
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), name)
}
