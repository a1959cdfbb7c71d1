package render_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// What one file may cost, whatever is in it: time of one CPU, and memory at a time, of all
// that the process has on its heap, garbage included.
const (
	mostTime   = time.Second
	mostMemory = 128 << 20
)

// Files that are just below the limits, and of them those that cost the most, are parsed,
// named, decrypted and rendered in every way within these bounds.
func TestTheLargestFilesCostLittle(t *testing.T) {
	meta := func(name, before, rule, value string) string {
		content, err := os.ReadFile("../sopsfile/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		_, after, ok := strings.Cut(string(content), before)
		changed := strings.Replace(strings.Replace(after, "unencrypted_suffix", rule, 1), "_unencrypted", value, 1)
		if !ok || changed == after {
			t.Fatalf("%s has other metadata", name)
		}
		return before + changed
	}
	inJSON, inYAML := meta("types.json", `"sops": `, "encrypted_suffix", "_never"), meta("types.yaml", "\nsops:\n", "encrypted_suffix", "_never")
	numbered := func(n int, line string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, line, i)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name     string
		format   sopsfile.Format
		text     string
		accepted bool
	}{
		{"names", sopsfile.JSON, "{" + numbered(99_000, `"a%d":"b",`) + inJSON, true},
		{"a costly rule", sopsfile.JSON, "{" + numbered(99_000, `"a%d":"b",`) + meta("types.json", `"sops": `, "encrypted_regex", "(a*){50}x$"), false},
		{"maps inside each other", sopsfile.JSON, strings.Repeat(`{"a":`, 90) + "[" + strings.Repeat("1,", 90_000) + "1]" + strings.Repeat("}", 89) + "," + inJSON, true},
		{"items", sopsfile.YAML, "a: [" + strings.Repeat("b,", 99_000) + "b]" + inYAML, true},
		{"comments", sopsfile.YAML, numbered(40_000, "# c\na%d: b\n") + inYAML, true},
		{"aliases", sopsfile.YAML, "a: &a [" + strings.Repeat("x,", 1000) + "x]\nb: [" + strings.Repeat("*a,", 90) + "*a]" + inYAML, true},
		{"INI lines", sopsfile.INI, numbered(9_900, "a%d=b\n"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			debug.FreeOSMemory()
			memory, stop := watchHeap()
			runtime.LockOSThread()
			begin := threadTime()
			tree := readAndRender([]byte(tt.text), tt.format)
			took := threadTime() - begin
			runtime.UnlockOSThread()
			close(stop)
			most := <-memory
			if (tree != nil) != tt.accepted {
				t.Errorf("accepted: %v", tree != nil)
			}
			if took > mostTime || most > mostMemory {
				t.Errorf("%d bytes took %v of CPU time and %d MiB", len(tt.text), took, most>>20)
			}
			t.Logf("%d bytes took %v of CPU time and %d MiB", len(tt.text), took.Round(time.Millisecond), most>>20)
		})
	}
}

// threadTime is how long the thread has worked, so that nothing else on the machine counts.
func threadTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var usage syscall.Rusage
	if err := syscall.Getrusage(thread, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// watchHeap looks at the heap until stop is closed, and then sends the most that it had.
func watchHeap() (most chan uint64, stop chan struct{}) {
	most, stop = make(chan uint64, 1), make(chan struct{})
	go func() {
		highest := uint64(0)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			highest = max(highest, m.HeapAlloc)
			select {
			case <-stop:
				most <- highest
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return most, stop
}
