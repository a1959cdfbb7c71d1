package syncfunction

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// panicked logs where a recovered panic happened. The panic's value stays out:
// it may hold anything. Call it from the deferred function.
func panicked(log *slog.Logger) error {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	var stack []string
	first := ""
	for {
		f, more := frames.Next()
		at := fmt.Sprintf("%s:%d", f.Function, f.Line)
		stack = append(stack, at)
		if first == "" && len(stack) > 1 && !strings.HasPrefix(f.Function, "runtime.") {
			first = at
		}
		if !more {
			break
		}
	}
	log.Error("panic", "stack", stack)
	return fmt.Errorf("the sync function panicked at %s: this is a defect of the function; please report it", first)
}

// guarded turns a panic of an Unwrapper into that key's failure. Package sopsfile
// calls it in goroutines of its own, where a panic would end the process before
// CloudFormation has an answer.
type guarded struct {
	sopsfile.Unwrapper
	log *slog.Logger
}

// Unwrap implements [sopsfile.Unwrapper].
func (g guarded) Unwrap(ctx context.Context, k sopsfile.MasterKey) (key []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			key, err = nil, panicked(g.log)
		}
	}()
	return g.Unwrapper.Unwrap(ctx, k)
}

// Order implements [sopsfile.Orderer]: the Unwrapper's order where it has one.
func (g guarded) Order(keys []sopsfile.MasterKey) []sopsfile.MasterKey {
	if o, ok := g.Unwrapper.(sopsfile.Orderer); ok {
		return o.Order(keys)
	}
	return keys
}
