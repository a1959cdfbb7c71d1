package sopsconstructs

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
)

const (
	// progressAfter is how long decrypting may take without a word.
	progressAfter = 2 * time.Second
	progressEvery = 250 * time.Millisecond
)

// showProgress says on the error output how many files are decrypted, when that takes
// long, until it is stopped. It does so for a person at a terminal alone: never in a
// pipe, and never where CI is set.
func showProgress(done func() (int, int)) (stop func()) {
	info, err := os.Stderr.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || os.Getenv("CI") != "" {
		return func() {}
	}
	return progress(os.Stderr, progressAfter, progressEvery, done)
}

// progress writes a line to w after a while, and again every so often over itself. Its
// stop function clears the line.
func progress(w io.Writer, after, every time.Duration, done func() (int, int)) (stop func()) {
	stopped, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		timer := time.NewTimer(after)
		defer timer.Stop()
		shown := false
		for {
			select {
			case <-timer.C:
				timer.Reset(every)
				if masterkey.Asking() { // the terminal shows a question
					continue
				}
				n, of := done()
				fmt.Fprintf(w, "\r%d of %d files decrypted", n, of)
				shown = true
			case <-stopped:
				if shown {
					fmt.Fprint(w, "\r\x1b[K") // clear the line
				}
				return
			}
		}
	}()
	return func() {
		close(stopped)
		<-ended
	}
}
