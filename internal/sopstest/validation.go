package sopstest

import (
	"fmt"
	"os"
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
	if err == nil {
		err = syscall.Exec(binary, os.Args, append(os.Environ(), variable+"=false"))
	}
	fmt.Fprintln(os.Stderr, "the test binary cannot be started again:", err)
	os.Exit(1)
}
