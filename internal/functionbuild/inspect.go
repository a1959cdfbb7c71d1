package functionbuild

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
)

// maxBinary bounds what is read of a zip, in bytes: Lambda's own limit.
const maxBinary = 250 << 20

// CheckZip fails unless the file at path is a zip with exactly one file bootstrap, at
// its top, which everyone may execute, and which is the function built for arch. It
// returns the versions of the modules that read files in it, by module path.
func CheckZip(path string, arch Arch) (parsers map[string]string, err error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", path, err)
	}
	defer archive.Close()
	var found []*zip.File
	for _, file := range archive.File {
		// Readers of zips differ in what they make of the names that mean the same file.
		if strings.TrimLeft(strings.ReplaceAll(file.Name, `\`, "/"), "./") == bootstrap {
			found = append(found, file)
		}
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("%q has no file bootstrap, which the runtime starts", path)
	case len(found) > 1:
		return nil, fmt.Errorf("%q has %d files bootstrap, and which of them runs is not defined; make the zip again with one", path, len(found))
	case found[0].Name != bootstrap:
		return nil, fmt.Errorf("%q names its file %q, and the runtime starts bootstrap; make the zip in the folder of the file", path, found[0].Name)
	}
	file := found[0]
	switch mode := file.Mode(); {
	case !mode.IsRegular():
		return nil, fmt.Errorf("bootstrap in %q is not a regular file", path)
	case mode&0o555 != 0o555:
		return nil, fmt.Errorf("bootstrap in %q has the mode %04o, and Lambda could not start it; run chmod 755 bootstrap, and make the zip again", path, mode.Perm())
	}
	entry, err := file.Open()
	if err != nil {
		return nil, fmt.Errorf("read bootstrap in %q: %w", path, err)
	}
	defer entry.Close()
	content, err := io.ReadAll(io.LimitReader(entry, maxBinary+1))
	if err != nil {
		return nil, fmt.Errorf("read bootstrap in %q: %w", path, err)
	}
	if len(content) > maxBinary {
		return nil, fmt.Errorf("bootstrap in %q has more than %d MiB, which Lambda does not take", path, maxBinary>>20)
	}
	info, err := checkBinary(content, arch)
	if err != nil {
		return nil, fmt.Errorf("bootstrap in %q %w", path, err)
	}
	return parserVersions(info), nil
}

func checkBinary(content []byte, arch Arch) (*debug.BuildInfo, error) {
	program, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return nil, errors.New("is not a Linux program")
	}
	if want := map[Arch]elf.Machine{ARM64: elf.EM_AARCH64, AMD64: elf.EM_X86_64}[arch]; program.Machine != want {
		return nil, fmt.Errorf("is built for %v, and the function's architecture is %s", program.Machine, arch)
	}
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil || info.Path != Package {
		return nil, fmt.Errorf("is not %s", Package)
	}
	return info, nil
}

// parsers are the modules that decide what a file's content is.
var parsers = []string{"filippo.io/age", "go.yaml.in/yaml/v3", "gopkg.in/ini.v1"}

// DifferingParsers compares the modules that read files, in this process and in
// the function: a function that was built elsewhere may have others than the app. It
// returns one text for each that differs.
func DifferingParsers(function map[string]string) []string {
	app, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	return differing(parserVersions(app), function)
}

func differing(app, function map[string]string) []string {
	var texts []string
	for _, parser := range slices.Sorted(maps.Keys(app)) {
		if here, there := app[parser], function[parser]; there != "" && here != there {
			texts = append(texts, fmt.Sprintf("%s %s here, %s in the function", parser, here, there))
		}
	}
	return texts
}

// parserVersions returns the versions of the modules that read files, by module path. A
// module that is replaced by another has that one's path in its version.
func parserVersions(info *debug.BuildInfo) map[string]string {
	versions := map[string]string{}
	for _, module := range info.Deps {
		if !slices.Contains(parsers, module.Path) {
			continue
		}
		version := module.Version
		if r := module.Replace; r != nil {
			if version = r.Version; r.Path != module.Path {
				version = strings.TrimSpace(r.Path + " " + r.Version)
			}
		}
		versions[module.Path] = version
	}
	return versions
}
