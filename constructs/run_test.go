package sopsconstructs_test

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// index is the index in Go's own message, which is the number of the test's arguments.
var index = regexp.MustCompile(`\[\d+\]`)

func TestReportIsOneMessage(t *testing.T) {
	for _, c := range []struct {
		name  string
		app   func()
		trace string
		want  string
	}{
		{"none", func() {}, "", ""},
		{"an error", func() { panic(errors.New("what is wrong; the remedy")) }, "", "error: what is wrong; the remedy\n"},
		{"frames of JavaScript", func() { panic("Error: what is wrong\n    at new X (/a/b.js:1:2)\n    at y\nmore") }, "", "error: Error: what is wrong\nmore\n"},
		{"a bug", func() { var list []int; _ = list[len(os.Args)] }, "",
			"error: runtime error: index out of range [N] with length 0\nthis is a mistake in the program itself: SOPSCDK_TRACE=1 in the environment shows where\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("SOPSCDK_TRACE", c.trace)
			var out bytes.Buffer
			failed := sopsconstructs.Report(&out, c.app)
			if got := index.ReplaceAllString(out.String(), "[N]"); got != c.want || failed != (c.want != "") {
				t.Errorf("got %q (failed %v), want %q", got, failed, c.want)
			}
		})
	}
	t.Setenv("SOPSCDK_TRACE", "1")
	var out bytes.Buffer
	sopsconstructs.Report(&out, func() { panic("x") })
	if !strings.Contains(out.String(), "goroutine") {
		t.Error("no trace with SOPSCDK_TRACE=1")
	}
}
