package sopstest

import (
	"errors"
	"runtime"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/cdkpanic"
)

// Check runs f, and reports what it panics with as an error of the test, which goes on: the
// assertions of the CDK, such as HasResourceProperties, panic when they fail, and so do
// constructs. The stack of Node is left out. A mistake in f itself, such as a nil pointer,
// still panics.
func Check(t testing.TB, f func()) {
	t.Helper()
	if failure, failed := failureOf(f); failed {
		t.Error(failure)
	}
}

// failureOf runs f and returns what it panics with, as text.
func failureOf(f func()) (failure string, failed bool) {
	defer func() {
		r := recover()
		if r == nil { // it went well, or ended the test
			return
		}
		if err, ok := r.(error); ok {
			if _, bug := errors.AsType[runtime.Error](err); bug {
				panic(r)
			}
		}
		failure, failed = cdkpanic.Text(r), true
	}()
	f()
	return "", false
}
