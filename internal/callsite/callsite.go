// Package callsite says where in an app's own code a call comes from, in the same words on
// every machine: a file is named by its import path, and from the folder of go.mod on where
// it is of the app's module. It looks at no file.
package callsite

import (
	"cmp"
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// maxDepth is how many frames of a stack are looked at, and MaxFrames how many are kept.
const (
	maxDepth  = 64
	MaxFrames = 5
)

// Frame is a call in a stack.
type Frame struct {
	// Function is the function that calls, as PACKAGE.NAME, without parentheses.
	Function string
	// File is slash-separated, and relative to the folder of the app's go.mod.
	File string
	Line int
	// Library is the module of a frame that is not of the app's module; "" for the app's. File
	// and Line are then empty.
	Library string
}

// String returns the frame as the CDK writes those of JavaScript: FUNCTION (FILE:LINE), or
// "...FUNCTION in MODULE..." for a library.
func (f Frame) String() string {
	if f.Library != "" {
		return fmt.Sprintf("...%s in %s...", f.Function, f.Library)
	}
	return fmt.Sprintf("%s (%s)", f.Function, f.Location())
}

// Location returns FILE:LINE.
func (f Frame) Location() string { return fmt.Sprintf("%s:%d", f.File, f.Line) }

// Stack returns the calls that led here, the nearest first, without those of the packages
// with these import paths, of the standard library, and of the CDK. Neighbouring calls in one
// library are one frame.
func Stack(own ...string) []Frame {
	var callers [maxDepth]uintptr
	return module().frames(runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])]), own)
}

// Nearest returns the first frame of the app's own code; false where there is none.
func Nearest(frames []Frame) (Frame, bool) {
	at := slices.IndexFunc(frames, func(f Frame) bool { return f.Library == "" })
	if at < 0 {
		return Frame{}, false
	}
	return frames[at], true
}

// build is what the running program was built from.
type build struct {
	module string   // the path of its module
	main   string   // the import path of its package main
	deps   []string // the paths of the modules that it requires
}

// module returns the build of this program.
var module = sync.OnceValue(func() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{module: "main"}
	}
	b := build{module: info.Main.Path, main: strings.TrimSuffix(info.Path, ".test")}
	for _, dep := range info.Deps {
		// With "go run FILE.go" the app's own module is one of these, if another package of it is
		// imported. It alone has no version.
		if b.module == "" && dep.Version == "(devel)" && dep.Replace == nil {
			b.module = dep.Path
			continue
		}
		b.deps = append(b.deps, dep.Path)
	}
	b.module = cmp.Or(b.module, "main")
	return b
})

// theirs are the modules of the CDK.
var theirs = []string{"github.com/aws/aws-cdk-go", "github.com/aws/jsii-runtime-go", "github.com/aws/constructs-go"}

func (b build) frames(stack *runtime.Frames, own []string) []Frame {
	var frames []Frame
	for more := true; more && len(frames) < MaxFrames; {
		var frame runtime.Frame
		frame, more = stack.Next()
		pkg, name := split(frame.Function)
		if pkg == "" || slices.Contains(own, pkg) || slices.ContainsFunc(theirs, func(m string) bool { return within(pkg, m) }) {
			continue
		}
		function := path.Base(pkg) + "." + strings.NewReplacer("(", "", ")", "", "*", "").Replace(name)
		switch folder, of := b.place(pkg, strings.HasSuffix(frame.File, "_test.go")); {
		case of == "": // the standard library
		case of == b.module && len(frames) > 0 && strings.HasPrefix(frames[len(frames)-1].Function, function+".func"):
			// The closure that it calls says more.
		case of == b.module:
			frames = append(frames, Frame{Function: function, File: path.Join(folder, base(frame.File)), Line: frame.Line})
		case len(frames) > 0 && frames[len(frames)-1].Library == of:
			frames[len(frames)-1].Function = function
		default:
			frames = append(frames, Frame{Function: function, Library: of})
		}
	}
	return frames
}

// place returns the folder of a package in its module, and the module; "" for a package of
// the standard library.
func (b build) place(pkg string, test bool) (folder, module string) {
	if test {
		pkg = strings.TrimSuffix(pkg, "_test")
	}
	switch {
	case pkg == "main" && within(b.main, b.module):
		pkg = b.main
	case pkg == "main": // "go run FILE.go" does not say the package
		return "", b.module
	}
	if within(pkg, b.module) {
		return strings.TrimPrefix(strings.TrimPrefix(pkg, b.module), "/"), b.module
	}
	for _, dep := range b.deps {
		if within(pkg, dep) && len(dep) > len(module) {
			module = dep
		}
	}
	if first, _, _ := strings.Cut(pkg, "/"); module == "" && strings.Contains(first, ".") {
		module = pkg
	}
	return "", module
}

// split returns the import path and the name of a function, as the runtime names it.
func split(function string) (pkg, name string) {
	slash := strings.LastIndex(function, "/") + 1
	dot := strings.Index(function[slash:], ".")
	if dot < 0 {
		return "", ""
	}
	pkg, name = function[:slash+dot], function[slash+dot+1:]
	// The linker escapes dots in the last element of a path.
	return strings.ReplaceAll(pkg, "%2e", "."), name
}

// within reports whether a package is of a module.
func within(pkg, module string) bool {
	return module != "" && (pkg == module || strings.HasPrefix(pkg, module+"/"))
}

// base is the last element of a path of any system.
func base(file string) string { return file[strings.LastIndexAny(file, `/\`)+1:] }
