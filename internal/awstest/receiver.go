package awstest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Receiver takes what a custom resource answers, as the S3 behind a ResponseURL
// does: one PUT, without a content type. Make one with [StartReceiver].
type Receiver struct {
	http *httptest.Server

	mu       sync.Mutex
	failures []int
	tries    int
	answers  []Answer
}

// Answer is one response that was taken.
type Answer struct {
	Body []byte
	At   time.Time
}

// StartReceiver listens on a free port of the loopback interface. The caller must
// call [Receiver.Close].
func StartReceiver() *Receiver {
	r := &Receiver{}
	r.http = httptest.NewServer(http.HandlerFunc(r.serve))
	return r
}

// Close ends the receiver.
func (r *Receiver) Close() { r.http.Close() }

// ResponseCredential is the part of each ResponseURL that must stay secret.
const ResponseCredential = "awstest-signature-of-the-response-url"

// URL is a ResponseURL that CloudFormation could have made at the time at: its
// date has whole seconds, and its signature is [ResponseCredential].
func (r *Receiver) URL(at time.Time) string {
	q := url.Values{
		"X-Amz-Algorithm":     {"AWS4-HMAC-SHA256"},
		"X-Amz-Date":          {at.UTC().Format("20060102T150405Z")},
		"X-Amz-SignedHeaders": {"host"},
		"X-Amz-Expires":       {"7200"},
		"X-Amz-Signature":     {ResponseCredential},
	}
	return r.http.URL + "/arn%3Aaws%3Acloudformation%3Aeu-west-1%3A" + DefaultAccount + "%3Astack/s/guid%7CSync%7Crequest?" + q.Encode()
}

// Fail answers the next tries with the given HTTP statuses, one each; 0 cuts the
// connection.
func (r *Receiver) Fail(status ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = status
}

// Answers is every response that was taken so far.
func (r *Receiver) Answers() []Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.answers)
}

// Tries is the number of requests so far, refused ones among them.
func (r *Receiver) Tries() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tries
}

func (r *Receiver) serve(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if len(r.failures) > 0 {
		status := r.failures[0]
		r.failures = r.failures[1:]
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		http.Error(w, "awstest: told to fail", status)
		return
	}
	// S3 refuses a signed request whose content type was not signed.
	if err != nil || req.Method != http.MethodPut || req.Header.Get("Content-Type") != "" ||
		req.URL.Query().Get("X-Amz-Signature") != ResponseCredential {
		http.Error(w, fmt.Sprintf("awstest: %s with content type %q does not match the signature", req.Method, req.Header.Get("Content-Type")), http.StatusForbidden)
		return
	}
	r.answers = append(r.answers, Answer{Body: body, At: time.Now()})
}
