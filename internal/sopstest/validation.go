package sopstest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// WithoutValidation turns off the CDK's own validation of templates, which takes seconds
// per process and is not what most tests are about. Call it first in TestMain. It starts
// the test binary again: jsii takes the environment of its Node process when the
// CDK's packages are initialized, which is before TestMain.
func WithoutValidation() {
	const variable = "CDK_VALIDATION"
	if os.Getenv(variable) != "" {
		return
	}
	binary, err := os.Executable()
	environment := append(os.Environ(), variable+"=false")
	switch {
	case err != nil:
	case runtime.GOOS == "windows": // where a process cannot become another
		err = runAgain(binary, environment)
	default:
		err = syscall.Exec(binary, os.Args, environment)
	}
	fmt.Fprintln(os.Stderr, "the test binary cannot be started again:", err)
	os.Exit(1)
}

// runAgain runs the test binary in another process, and exits as that did.
func runAgain(binary string, environment []string) error {
	cmd := exec.Command(binary, os.Args[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environment, os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if err == nil {
		os.Exit(0)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(exit.ExitCode())
	}
	return err
}
