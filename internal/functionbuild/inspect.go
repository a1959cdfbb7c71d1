package functionbuild

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
)

// maxBinary bounds what is read of a zip, in bytes.
const maxBinary = 250 << 20

// CheckZip fails unless the file at path is a zip with the function, as bootstrap,
// built for arch.
func CheckZip(path string, arch Arch) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("open %q: %w", path, err)
	}
	defer archive.Close()
	index := slices.IndexFunc(archive.File, func(f *zip.File) bool { return f.Name == "bootstrap" })
	if index < 0 {
		return fmt.Errorf("%q has no file bootstrap, which the runtime starts", path)
	}
	entry, err := archive.File[index].Open()
	if err != nil {
		return fmt.Errorf("read bootstrap in %q: %w", path, err)
	}
	defer entry.Close()
	content, err := io.ReadAll(io.LimitReader(entry, maxBinary))
	if err != nil {
		return fmt.Errorf("read bootstrap in %q: %w", path, err)
	}
	if err := checkBinary(content, arch); err != nil {
		return fmt.Errorf("bootstrap in %q %w", path, err)
	}
	return nil
}

func checkBinary(content []byte, arch Arch) error {
	program, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return errors.New("is not a Linux program")
	}
	if want := map[Arch]elf.Machine{ARM64: elf.EM_AARCH64, AMD64: elf.EM_X86_64}[arch]; program.Machine != want {
		return fmt.Errorf("is built for %v, and the function's architecture is %s", program.Machine, arch)
	}
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil || info.Path != Package {
		return fmt.Errorf("is not %s", Package)
	}
	return nil
}

// parsers are the modules that decide what a file's content is.
var parsers = []string{"filippo.io/age", "go.yaml.in/yaml/v3", "gopkg.in/ini.v1"}

// DifferingParsers compares the modules that read files, in this process and in
// the function: an app that uses this library may select newer ones than the
// function is built with. It gives one text for each that differs.
func DifferingParsers(binary string) []string {
	function, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil
	}
	app, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	return differing(app, function)
}

func differing(app, function *debug.BuildInfo) []string {
	var texts []string
	for _, parser := range parsers {
		here, there := version(app, parser), version(function, parser)
		if here != "" && there != "" && here != there {
			texts = append(texts, fmt.Sprintf("%s %s here, %s in the function", parser, here, there))
		}
	}
	return texts
}

func version(info *debug.BuildInfo, path string) string {
	for _, module := range info.Deps {
		if module.Path != path {
			continue
		}
		if module.Replace != nil {
			module = module.Replace
		}
		return module.Version
	}
	return ""
}
