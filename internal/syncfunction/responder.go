package syncfunction

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

const (
	// responseTries bounds how often a response is sent: with the pauses between
	// them (0.25 s, doubled each time) about 4 s when each fails at once.
	responseTries = 5
	// responseTry is how long one try may take.
	responseTry = 5 * time.Second
)

// newResponder returns the client that answers. It opens a connection for each answer: a
// function is frozen between events, and one kept open would be dead by the next.
// It follows no redirect that would turn the PUT into a GET, whose 200 would pass
// for an answer taken, and none to where no answer may go.
func newResponder(allowed func(*url.URL) bool) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives = true
	return &http.Client{
		Transport: t,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if next.Method != http.MethodPut || len(via) > 3 || allowed == nil || !allowed(next.URL) {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// send puts body to the ResponseURL. That URL is a credential: neither it nor an
// error that quotes it is logged or returned.
func (h *Handler) send(ctx context.Context, log *slog.Logger, to string, body []byte) error {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("the event's ResponseURL is not a URL")
	}
	if h.clients.Answers == nil || !h.clients.Answers(u) {
		return errors.New("the event's ResponseURL is none of CloudFormation: it is not https, or not below the DNS name of AWS in this partition")
	}
	pause := 250 * time.Millisecond
	for try := 1; ; try++ {
		err := h.put(ctx, to, body)
		if err == nil {
			return nil
		}
		log.Warn("response not taken", "try", try, "error", err.Error())
		if try == responseTries {
			return fmt.Errorf("CloudFormation took no response in %d tries: %w", try, err)
		}
		if sleep(ctx, pause) != nil {
			return fmt.Errorf("CloudFormation took no response before the deadline: %w", err)
		}
		pause *= 2
	}
}

func (h *Handler) put(ctx context.Context, to string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, responseTry)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to, bytes.NewReader(body))
	if err != nil {
		return errors.New("the event's ResponseURL is not a URL")
	}
	// No Content-Type: CloudFormation signs the URL without one.
	resp, err := h.http.Do(req)
	if err != nil {
		return connectionError(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("HTTP status %d", resp.StatusCode)
	}
	return nil
}
