package sopsconstructs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/cdkpanic"
)

// traceVariable is the environment variable that makes [Run] print the goroutine's
// trace below the message.
const traceVariable = "SOPSCDK_TRACE"

// garbage is the garbage collector's percentage in [Run], unless GOGC says another. A synth
// lives for seconds, and has far more memory than it needs.
const garbage = 400

// Run is the main function of an app: it makes the CDK app, calls build with it, and
// synthesizes it. contextKeys are the context keys that build reads: a key of the
// command line that nearly equals one of them is misspelt, and fails.
//
// What build or the CDK panics with is printed as one message on the error output,
// without a trace, and the process exits with 1. With SOPSCDK_TRACE=1 in the
// environment the trace is printed below it.
//
// The constructs work in an app without Run too, and every check of them is made
// there. Only Run does this:
//
//   - It starts to build the function before the CDK starts, so that the two run side
//     by side.
//   - It lets the heap grow to five times what is in use before garbage is collected, unless
//     GOGC is set.
//   - It checks the names of the app's own context keys. (Those that begin with
//     "sops:" are checked without Run.)
//   - It prints a failure as one message. Without Run, a panic ends the process with
//     Go's own trace.
//   - It writes into the assembly where in the app's code constructs are made, so that the cdk
//     command names the line (see Source locations in the package comment).
//   - It deletes the synthesized files in which a decrypted value was found, and clears the
//     decrypted values. (Without Run, the synthesis fails and the message names the files.)
//   - It synthesizes. An app that forgets app.Synth ends well, and the cdk command then
//     finds nothing ("ENOENT: no such file or directory", of manifest.json).
//   - It says so where the program was run alone, as by "go run .", instead of by the cdk
//     command: the templates are then in a temporary folder.
//   - It closes jsii, so that its Node process ends and leaves no temporary files.
func Run(build func(app awscdk.App), contextKeys ...string) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	failed := report(os.Stderr, func() {
		context := commandContext()
		checkContext(context, contextKeys...) // before Node starts, which takes half a second
		if s := readSettings(context); s.functionZip == "" {
			go func() { _, _ = buildFunction(s.arch) }()
		}
		app := awscdk.NewApp(nil)
		checkContext(contextOf(app), contextKeys...)
		build(app)
		if err := stateOf(app).decryptions.wait(); err != nil {
			panic(err)
		}
		folder := synthesize(app, stateOf(app))
		fmt.Fprint(os.Stderr, ranAlone(os.Getenv(outdirVariable), folder))
	})
	jsii.Close()
	if failed {
		os.Exit(1)
	}
}

// synthesize synthesizes the app. Files with decrypted values in them are deleted, whether
// the synthesis failed or not: under the cdk command, which reads the report of the
// validation itself, it does not. The decrypted values are cleared. It returns the folder of
// the templates.
func synthesize(app awscdk.App, state *appState) (folder string) {
	leaks := &state.checks.leaks
	defer state.decryptions.clear()
	defer func() {
		failure := recover()
		complete := leaks.checked
		if !complete { // it failed before, and may have left files
			leaks.check()
		}
		switch err := leaks.remove(); {
		case err != nil && failure != nil && !complete:
			panic(fmt.Errorf("%s\n%w", cdkpanic.Text(failure), err))
		case err != nil:
			panic(err)
		case failure != nil:
			panic(failure)
		}
	}()
	defer state.made.Write(state.folder)
	return *app.Synth(nil).Directory()
}

// outdirVariable is where the cdk command wants the templates.
const outdirVariable = "CDK_OUTDIR"

// ranAlone is what a person is told who ran the program without the cdk command.
func ranAlone(outdir, folder string) string {
	if outdir != "" {
		return ""
	}
	return fmt.Sprintf("the templates are in %s, and nothing else happened: it is the cdk command that runs this program; run \"npx aws-cdk synth\", or \"npx aws-cdk deploy STACK\", in the folder of cdk.json\n", folder)
}

// report runs app and reports whether it panicked, having written the message to w.
func report(w io.Writer, app func()) (failed bool) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		failed = true
		fmt.Fprintln(w, "error: "+cdkpanic.Text(r))
		if err, ok := r.(*messageError); ok && err.location != "" {
			fmt.Fprintln(w, "  called at "+err.location)
		}
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
