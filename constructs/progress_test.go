package sopsconstructs_test

import (
	"strings"
	"testing"
	"time"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func TestProgress(t *testing.T) {
	count := 0
	done := func() (int, int) { count++; return count, 7 }
	var quick strings.Builder
	sopsconstructs.Progress(&quick, time.Hour, time.Hour, done)()
	if quick.String() != "" {
		t.Errorf("what is quick says %q", quick.String())
	}
	var slow strings.Builder
	shown := make(chan struct{})
	stop := sopsconstructs.Progress(&slow, time.Nanosecond, time.Nanosecond, func() (int, int) {
		if count == 2 {
			close(shown)
		}
		return done()
	})
	<-shown
	stop()
	if got := slow.String(); !strings.HasPrefix(got, "\r1 of 7 files decrypted\r2 of 7 files decrypted") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("got %q", got)
	}
}
