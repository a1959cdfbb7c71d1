package syncfunction_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/syncfunction"
)

// However slow the receiver of the answer is, the function ends before its own end: with an
// error for Lambda that does not have the URL, or because the answer was taken.
func TestSlowReceivers(t *testing.T) {
	hijack := func(w http.ResponseWriter) net.Conn {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		return conn
	}
	drip := func(conn net.Conn, text string) {
		defer conn.Close()
		for {
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	for name, tt := range map[string]struct {
		answer func(try int64, w http.ResponseWriter, r *http.Request)
		taken  bool
	}{
		"silent":                   {func(_ int64, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, false},
		"slow to begin":            {func(_ int64, _ http.ResponseWriter, _ *http.Request) { time.Sleep(200 * time.Millisecond) }, true},
		"drips what is no answer":  {func(_ int64, w http.ResponseWriter, _ *http.Request) { drip(hijack(w), "H") }, false},
		"drips the header's lines": {func(_ int64, w http.ResponseWriter, _ *http.Request) { drip(hijack(w), "HTTP/1.1 200 OK\r\nX: y\r\n") }, false},
		"drips the body": {func(_ int64, w http.ResponseWriter, _ *http.Request) {
			drip(hijack(w), "HTTP/1.1 200 OK\r\n\r\nxxxxxxxxxxxx")
		}, true},
		"sends a body without end": {func(_ int64, w http.ResponseWriter, _ *http.Request) {
			drip(hijack(w), "HTTP/1.1 200 OK\r\n\r\n"+strings.Repeat("x", 1<<20))
		}, true},
		"cuts the connection": {func(_ int64, w http.ResponseWriter, _ *http.Request) { hijack(w).Close() }, false},
		"cuts the first, takes a next": {func(try int64, w http.ResponseWriter, _ *http.Request) {
			if try == 1 {
				hijack(w).Close()
			}
		}, true},
		"refuses in the end": {func(_ int64, w http.ResponseWriter, _ *http.Request) {
			time.Sleep(100 * time.Millisecond)
			w.WriteHeader(403)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				tt.answer(tries.Add(1), w, r)
			}))
			defer server.Close()
			h := syncfunction.New(syncfunction.Clients{Answers: anywhere}, nil, slog.New(slog.DiscardHandler), "")
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err := h.Invoke(ctx, []byte(`{"ResponseURL": "`+server.URL+`/secret-part"}`)) // malformed, so it is answered at once
			if tries.Load() == 0 || (err == nil) != tt.taken {
				t.Errorf("after %d tries: %v", tries.Load(), err)
			}
			if err != nil && strings.Contains(err.Error(), "secret-part") {
				t.Error("the error has the URL")
			}
		})
	}
}
