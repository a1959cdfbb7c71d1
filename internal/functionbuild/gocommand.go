package functionbuild

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// tags leave out of the function what it has no use for.
const tags = "lambda.norpc,nethttpomithttp2,sopssync"

// passed are the settings of the go command that are taken from the user: where
// modules come from, and where they and built packages are kept. None of them is an
// option of the compiler or the linker, and go.sum says what a module must be.
// GOTOOLCHAIN says, like the PATH, which release of Go builds.
var passed = []string{
	"GOAUTH", "GOCACHE", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH", "GOPRIVATE", "GOPROXY",
	"GOSUMDB", "GOTMPDIR", "GOTOOLCHAIN", "GOVCS",
}

// fixed are the settings that change what is built. GOENV=off keeps out the file that
// "go env -w" writes; GOROOT is left to the go command, which knows its own.
func fixed(arch Arch) []string {
	return []string{
		"GOENV=off", "GO111MODULE=on", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GODEBUG=", "GOCACHEPROG=",
		"GOOS=linux", "GOARCH=" + string(arch), "GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0",
	}
}

// runGo runs the go command in dir, to build for arch, and returns what it wrote to its
// error output as the error.
func runGo(dir string, arch Arch, args ...string) error {
	env, err := environment(dir, arch)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, env
	_, err = output(cmd)
	return err
}

// environment returns the environment that the function is built in: the user's,
// without any setting of the go command but those that are listed here, and with a
// workspace (GOWORK) as the app itself has it.
func environment(dir string, arch Arch) ([]string, error) {
	cmd := exec.Command("go", append([]string{"env", "-json"}, passed...)...)
	cmd.Dir = dir
	out, err := output(cmd)
	if err != nil {
		return nil, err
	}
	var users map[string]string
	if err := json.Unmarshal(out, &users); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return isGoSetting(name) && name != "GOWORK"
	})
	for _, name := range passed {
		if value := users[name]; value != "" {
			env = append(env, name+"="+value)
		}
	}
	return append(env, fixed(arch)...), nil
}

// isGoSetting reports whether the go command may read the variable.
func isGoSetting(name string) bool {
	name = strings.ToUpper(name) // Windows knows no case
	return strings.HasPrefix(name, "CGO_") || strings.HasPrefix(name, "GO") && !strings.HasPrefix(name, "GOOGLE_")
}

// output runs cmd and returns what it wrote; what it wrote to its error output is the
// error.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch said := strings.TrimSpace(stderr.String()); {
	case err == nil:
		return stdout.Bytes(), nil
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("the go command is not on the PATH; install Go, since the function is built from source, or " + prebuilt)
	case strings.Contains(said, "missing go.sum entry"), strings.Contains(said, "updates to go.mod needed"):
		return nil, fmt.Errorf("go %s: %w\n%s\nrun \"go mod tidy\" in the folder of the app's go.mod: it adds the modules of the function", cmd.Args[1], err, said)
	case strings.Contains(said, "go.mod file not found"), strings.Contains(said, "no required module provides package "+Package):
		return nil, fmt.Errorf("go %s: %w\n%s\nrun cdk in the folder of the app's go.mod, which requires this library, or %s", cmd.Args[1], err, said, prebuilt)
	default:
		return nil, fmt.Errorf("go %s: %w\n%s", cmd.Args[1], err, said)
	}
}

// prebuilt is the remedy where the function cannot be built.
const prebuilt = "pass a function that was built elsewhere, as FunctionZip or -c sops:function-zip=FILE"
