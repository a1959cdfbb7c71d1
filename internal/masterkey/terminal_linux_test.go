package masterkey_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
)

// pseudoTerminal returns both ends of a new pseudo-terminal.
func pseudoTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	var unlock, number uint32
	for request, value := range map[uintptr]*uint32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, person.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Skip(errno)
		}
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	return person, program
}

// A plugin asks on the terminal, although the standard input is something else, and takes
// nothing from there.
func TestPluginAsksOnTheTerminal(t *testing.T) {
	if os.Getenv("TOY_ENTRY") != "" {
		openToyEntry(t)
		return
	}
	for behavior, typed := range map[string]string{"pin": toyPIN + "\r", "confirm": "1"} {
		t.Run(behavior, func(t *testing.T) {
			emptyEnvironment(t)
			identity, _ := toy(t, behavior)
			person, program := pseudoTerminal(t)
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(self, "-test.run=^TestPluginAsksOnTheTerminal$", "-test.v")
			cmd.Env = append(os.Environ(), "CI=", "SOPS_AGE_KEY="+identity, "TOY_ENTRY="+ageEntry(t, "age1toy1x", toyRecipient{}).EncryptedDataKey)
			cmd.Stdin = strings.NewReader("from the standard input\n")
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			cmd.ExtraFiles = []*os.File{program} // 3
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			_ = program.Close()
			var answer sync.Once
			var shown strings.Builder
			buffer := make([]byte, 1024)
			for {
				n, err := person.Read(buffer)
				if n > 0 {
					shown.Write(buffer[:n])
				}
				if strings.Contains(shown.String(), "of the toy") || strings.Contains(shown.String(), "use the toy?") {
					answer.Do(func() {
						time.Sleep(100 * time.Millisecond) // until typing is not shown
						_, _ = person.WriteString(typed)
					})
				}
				if err != nil { // the program has ended
					break
				}
			}
			if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "--- PASS") {
				t.Errorf("%v\n%s\nthe terminal showed %q", err, out.String(), shown.String())
			}
			if strings.Contains(shown.String()+out.String(), toyPIN) || strings.Contains(out.String(), "\x1b[2J") {
				t.Errorf("what was typed is shown, or a plugin moves the cursor: %q %q", shown.String(), out.String())
			}
		})
	}
}

// openToyEntry opens the entry with what this process has.
func openToyEntry(t *testing.T) {
	entry := ageEntry(t, "age1toy1x", toyRecipient{})
	entry.EncryptedDataKey = os.Getenv("TOY_ENTRY")
	if masterkey.Asking() {
		t.Error("somebody is asked before anything is opened")
	}
	ring := fromEnvironment(t, masterkey.Options{})
	if ring.Patience(entry) < time.Minute {
		t.Error("nobody waits for the person")
	}
	key, err := ring.Unwrap(t.Context(), entry)
	if err != nil || string(key) != dataKey {
		t.Errorf("got %v", err)
	}
	if rest, err := io.ReadAll(os.Stdin); err != nil || string(rest) != "from the standard input\n" {
		t.Errorf("the standard input has %q left (%v)", rest, err)
	}
}
