// Package functionbuild builds the sync function from source, for the machine
// that synthesizes has Go by definition.
//
// The function is built in the module of the app, with the versions of modules that
// the app selects. So what is verified at synth and what reads at deploy are the same
// code, and an app that has its modules has the function's too.
//
// The build is reproducible: with the same release of Go and the same modules, every
// folder and every machine makes the same bytes, so the asset's hash, and with it the
// template, changes only when the function does. No setting of the user gets into it.
package functionbuild

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	// SHA256 is the hash of the package, in hex. It is equal wherever the same source
	// is built with the same modules and the same release of Go.
	SHA256 string
	// Parsers are the versions of the modules that read files, by module path.
	Parsers map[string]string

	goVersion string // the release of Go that built it; "" where that is not known
}

var builds struct {
	sync.Mutex
	of map[Arch]func() (Result, error)
}

// Build builds for arch, once per process: further calls wait for the first. What it makes
// lies in the user's cache directory, in a folder that is the user's alone.
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
	out, err := cacheFolder(string(arch))
	if err != nil {
		return Result{}, fmt.Errorf("build the sync function: %w", err)
	}
	held, err := lock(filepath.Join(out, "lock"))
	if err != nil {
		return Result{}, fmt.Errorf("build the sync function: %w", err)
	}
	defer held.Close()
	name := stampName("", arch)
	built, ok := stamped(out, name)
	if !ok {
		if built, err = Compile("", out, arch); err != nil {
			return Result{}, err
		}
		writeStamp(out, name, built)
	}
	prune(out, built.Zip, filepath.Join(out, name))
	return built, nil
}

// Compile builds the function into the folder out. dir is a folder of the module
// that requires this library, or of this module itself; empty is the current folder.
//
// The versions of modules are that module's, so an app and its function read files
// with the same parsers.
func Compile(dir, out string, arch Arch) (Result, error) {
	fresh, err := os.MkdirTemp(out, "sopssync-*.tmp")
	if err != nil {
		return Result{}, fmt.Errorf("build the sync function: %w", err)
	}
	defer os.RemoveAll(fresh)
	// To a path where nothing is: the go command leaves a program that says of itself
	// that it is up to date, whatever is in it.
	binary := filepath.Join(fresh, bootstrap)
	if err := runGo(dir, arch, buildArguments(binary)...); err != nil {
		return Result{}, fmt.Errorf("build the sync function: %w", err)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return Result{}, fmt.Errorf("zip the sync function: %w", err)
	}
	info, err := checkBinary(content, arch)
	if err != nil {
		return Result{}, fmt.Errorf("build the sync function: what the go command built %w", err)
	}
	zipped, name, err := store(out, content)
	if err != nil {
		return Result{}, fmt.Errorf("zip the sync function: %w", err)
	}
	sum := sha256.Sum256(zipped)
	return Result{Zip: name, SHA256: hex.EncodeToString(sum[:]), Parsers: parserVersions(info), goVersion: info.GoVersion}, nil
}

// buildArguments are those of the go command that builds the program at the path binary.
func buildArguments(binary string) []string {
	return []string{"build", "-o", binary, "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags=" + tags, Package}
}

// store returns the package of a program, and its path in the folder.
func store(folder string, program []byte) (zipped []byte, name string, err error) {
	// Named for its content: a process that still reads an older one keeps it.
	sum := sha256.Sum256(program)
	name = filepath.Join(folder, "sopssync-"+hex.EncodeToString(sum[:8])+".zip")
	if zipped, err := os.ReadFile(name); err == nil && holds(zipped, program) {
		return zipped, name, nil
	}
	if zipped, err = pack(program); err == nil {
		err = replace(name, zipped)
	}
	return zipped, name, err
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

// holds reports whether zipped is a zip of this very program and nothing else, as
// pack writes it. To read it takes a tenth of the time that it takes to write.
func holds(zipped, program []byte) bool {
	archive, err := zip.NewReader(bytes.NewReader(zipped), int64(len(zipped)))
	if err != nil {
		return false
	}
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

// prune removes what was not used for long in the folder, but for current.
func prune(folder string, current ...string) {
	now := time.Now()
	for _, name := range current {
		_ = os.Chtimes(name, now, now)
	}
	packages, _ := filepath.Glob(filepath.Join(folder, "sopssync-*"))
	for _, name := range packages {
		if info, err := os.Stat(name); err == nil && now.Sub(info.ModTime()) > keep {
			_ = os.RemoveAll(name)
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
