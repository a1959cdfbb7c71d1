package awstest

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Bucket is an S3 bucket of a [Server], addressed by path: GetObject alone. Add it
// with [Server.AddBucket].
type Bucket struct {
	server *Server
	name   string

	mu      sync.Mutex
	objects map[string][]byte
	failure *Error
}

// AddBucket adds an empty bucket.
func (s *Server) AddBucket(name string) *Bucket {
	b := &Bucket{server: s, name: name, objects: map[string][]byte{}}
	s.HandlePath("/"+name+"/", b)
	return b
}

// Put stores content under key.
func (b *Bucket) Put(key string, content []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[key] = content
}

// Fail answers every request with the error code ("AccessDenied"). "" restores
// the bucket.
func (b *Bucket) Fail(code string, status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failure = nil
	if code != "" {
		b.failure = &Error{Code: code, Message: "awstest: injected", Status: status}
	}
}

// Deny answers every request as S3 does where the caller lacks a right, with a message
// that says which.
func (b *Bucket) Deny(message string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failure = &Error{Code: "AccessDenied", Message: message, Status: http.StatusForbidden}
}

// ServeHTTP implements [http.Handler].
func (b *Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req, err := b.server.request(r)
	if err != nil {
		writeS3Error(w, asError(err))
		return
	}
	key := strings.TrimPrefix(r.URL.Path, "/"+b.name+"/")
	b.server.Record(Call{
		Service: "s3", Action: "GetObject", Region: req.Region, Role: req.Role,
		Resource: "arn:aws:s3:::" + b.name + "/" + key,
	})
	b.mu.Lock()
	content, ok := b.objects[key]
	failure := b.failure
	b.mu.Unlock()
	switch {
	case r.Method != http.MethodGet:
		writeS3Error(w, &Error{Code: "MethodNotAllowed", Status: http.StatusMethodNotAllowed})
	case failure != nil:
		writeS3Error(w, failure)
	case !ok:
		writeS3Error(w, &Error{Code: "NoSuchKey", Message: "The specified key does not exist.", Status: http.StatusNotFound})
	default:
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

func writeS3Error(w http.ResponseWriter, e *Error) {
	var out struct {
		XMLName xml.Name `xml:"Error"`
		Code    string   `xml:"Code"`
		Message string   `xml:"Message"`
	}
	out.Code, out.Message = e.Code, e.Message
	writeXML(w, e.status(), out)
}
