package synthfile

import (
	"fmt"
	"runtime"
	"strings"
)

// panicked says where a recovered panic happened. What it panicked with stays out: that
// may hold anything. Call it from the deferred function.
func panicked() error {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") || !more {
			return fmt.Errorf("a panic at %s:%d: this is a defect of sopscdk; please report it", f.Function, f.Line)
		}
	}
}
