package constructs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/cxapi"
	"github.com/aws/jsii-runtime-go"
)

// traceVariable is the environment variable that makes [Main] print the
// goroutine's trace below the message.
const traceVariable = "SOPSCDK_TRACE"

// Main runs app, which makes the CDK app, its stacks, and ends in [Synth]. What
// app panics with, as the CDK and this package do on misuse, is printed as one
// message on the error output, without a trace, and the process exits with 1.
// With SOPSCDK_TRACE=1 in the environment the trace is printed below it. jsii is
// closed either way, so that it leaves no temporary files.
func Main(app func()) {
	failed := report(os.Stderr, app)
	closeJsii()
	if failed {
		os.Exit(1)
	}
}

// report runs app and tells whether it panicked, having written the message to w.
func report(w io.Writer, app func()) (failed bool) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		failed = true
		fmt.Fprintln(w, "error: "+message(r))
		if os.Getenv(traceVariable) == "1" {
			fmt.Fprintf(w, "\n%s", debug.Stack())
			return
		}
		var bug runtime.Error
		if err, ok := r.(error); ok && errors.As(err, &bug) {
			fmt.Fprintf(w, "this is a mistake in the program itself: %s=1 in the environment shows where\n", traceVariable)
		}
	}()
	app()
	return false
}

// closeJsii closes jsii, and leaves out what it may print by mistake then
// (jsii-runtime-go 1.139.0): it closes the pipe that its Node process may still
// write to, at which Node dies with a trace, and it waits for the process twice,
// and reports that the second wait found none.
func closeJsii() {
	stderr := os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		jsii.Close()
		return
	}
	os.Stderr = w
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		copyUntilNodeDies(stderr, r)
	}()
	jsii.Close()
	os.Stderr = stderr
	_ = w.Close()
	<-copied
}

// copyUntilNodeDies copies the lines of r to w, but for the trace of Node's death
// and the report of it.
func copyUntilNodeDies(w io.Writer, r io.Reader) {
	lines := bufio.NewReader(r)
	for dead := false; ; {
		line, err := lines.ReadBytes('\n')
		dead = dead || bytes.HasPrefix(line, []byte("node:")) || bytes.HasPrefix(line, []byte("Runtime process exited abnormally"))
		if !dead {
			_, _ = w.Write(line)
		}
		if err != nil {
			return
		}
	}
}

// message is what was panicked with, without the JavaScript stack frames that
// some of the CDK's errors bring along.
func message(r any) string {
	var kept []string
	for line := range strings.SplitSeq(strings.TrimSpace(fmt.Sprint(r)), "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "at ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// Synth synthesizes app, as the last call of an app's main. It is [awscdk.App.Synth]
// with this package's checks of the whole app around it, and a warning on the error
// output for a template near CloudFormation's limit of dynamic references.
func Synth(app awscdk.App) cxapi.CloudAssembly {
	CheckContext(app)
	assembly := app.Synth(nil)
	refuseExportedVersions(assembly)
	warnOfReferences(os.Stderr, assembly)
	return assembly
}
