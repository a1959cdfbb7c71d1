package awstest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// lambdaPrefix is the path of the Lambda Runtime API, version 2018-06-01.
const lambdaPrefix = "/2018-06-01/runtime/"

// Lambda is a Lambda Runtime API on an address of its own: the function's process
// asks it for events and hands it what became of them. Make one with
// [StartLambda].
type Lambda struct {
	http   *http.Server
	addr   string
	events chan Invocation
	closed chan struct{}
	once   sync.Once

	mu      sync.Mutex
	made    int
	asked   time.Time
	waiting map[string]chan Outcome
}

// Invocation is one event on its way to the function.
type Invocation struct {
	id       string
	payload  []byte
	deadline time.Time
}

// Outcome is how an invocation ended, as the function told the Runtime API.
type Outcome struct {
	// Failed tells that the function reported an error.
	Failed bool
	// Body is the response, or the error's description.
	Body []byte
}

// StartLambda listens on a free port of 127.0.0.1. The caller must call
// [Lambda.Close].
func StartLambda() (*Lambda, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("awstest: cannot listen on the loopback interface: %w", err)
	}
	f := &Lambda{
		addr:    l.Addr().String(),
		events:  make(chan Invocation),
		closed:  make(chan struct{}),
		waiting: map[string]chan Outcome{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+lambdaPrefix+"invocation/next", f.next)
	mux.HandleFunc("POST "+lambdaPrefix+"invocation/{id}/response", f.end)
	mux.HandleFunc("POST "+lambdaPrefix+"invocation/{id}/error", f.end)
	mux.HandleFunc("POST "+lambdaPrefix+"init/error", f.initError)
	f.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = f.http.Serve(l) }()
	return f, nil
}

// Close ends the API: a function that waits for an event gets none.
func (f *Lambda) Close() {
	f.once.Do(func() {
		close(f.closed)
		_ = f.http.Close()
	})
}

// Environ is what the function's process needs in its environment to find the
// API, beside [Server.Environ].
func (f *Lambda) Environ() []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + f.addr,
		"AWS_LAMBDA_FUNCTION_NAME=sopssync",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/sopssync",
		"AWS_LAMBDA_LOG_STREAM_NAME=2026/01/02/[$LATEST]0123456789abcdef",
	}
}

// Invoke hands payload to the function and waits for how it ends. The function
// has timeout, which its deadline header says; nothing stops it then. The error
// says that nothing came of it until wait had passed.
func (f *Lambda) Invoke(payload []byte, timeout, wait time.Duration) (Outcome, error) {
	f.mu.Lock()
	f.made++
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", f.made)
	done := make(chan Outcome, 1)
	f.waiting[id] = done
	f.mu.Unlock()

	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case f.events <- Invocation{id, payload, time.Now().Add(timeout)}:
	case <-t.C:
		return Outcome{}, fmt.Errorf("awstest: the function asked for no event in %v", wait)
	}
	select {
	case o := <-done:
		return o, nil
	case <-t.C:
		return Outcome{}, fmt.Errorf("awstest: the function did not end in %v", wait)
	}
}

// Asked is when a function asked for an event for the first time: the end of its
// start. It is the zero time until then.
func (f *Lambda) Asked() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

func (f *Lambda) next(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	if f.asked.IsZero() {
		f.asked = time.Now()
	}
	f.mu.Unlock()
	select {
	case e := <-f.events:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", e.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(e.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:"+DefaultAccount+":function:sopssync")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
		_, _ = w.Write(e.payload)
	case <-r.Context().Done():
	case <-f.closed:
		panic(http.ErrAbortHandler)
	}
}

func (f *Lambda) end(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 6<<20)) // Lambda's limit of a response
	if err != nil {
		http.Error(w, "awstest: the body cannot be read", http.StatusBadRequest)
		return
	}
	id := r.PathValue("id")
	f.mu.Lock()
	done := f.waiting[id]
	delete(f.waiting, id)
	f.mu.Unlock()
	if done == nil {
		http.Error(w, "awstest: there is no invocation "+id, http.StatusBadRequest)
		return
	}
	done <- Outcome{Failed: strings.HasSuffix(r.URL.Path, "/error"), Body: body}
	w.WriteHeader(http.StatusAccepted)
}

// initError ends every invocation that waits.
func (f *Lambda) initError(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	f.mu.Lock()
	for id, done := range f.waiting {
		delete(f.waiting, id)
		done <- Outcome{Failed: true, Body: body}
	}
	f.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
}
