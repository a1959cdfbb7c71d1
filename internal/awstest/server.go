// Package awstest is a stand-in for the parts of AWS that this project talks
// to: an HTTP server on 127.0.0.1 that speaks the wire protocols of KMS and STS
// (and of whatever else is registered with it), close enough for the AWS SDK and
// for the sops command.
//
// Only tests, the public package sopstest, and the tools that make test data, import it. It is no
// cryptography service: every key is derived from the key's own ARN, so whoever
// has this source can open what it encrypted. It also checks no signature: it
// believes the access key id and the region that the signature names.
//
// # Use
//
// [Start] a server, add keys with [Server.AddKey], and point the SDK at it with
// [Server.Environ] or with an aws.Config whose BaseEndpoint is [Server.URL].
// Faults are injected per key ([Key.Fail]), per role ([Server.DenyRole]) and per
// region ([Server.Delay], [Server.Hang], [Server.Down]), and answers of Secrets
// Manager get lost with [SecretsManager.Lose]. [Server.Calls] says what was asked.
//
// # Adding a service
//
// A service that is addressed by the header X-Amz-Target (JSON 1.1) registers an
// [Action] for its prefix with [Server.HandleTarget]: faults and the record of
// calls then come by themselves. Anything else registers an http.Handler for a
// path prefix with [Server.HandlePath].
package awstest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// DefaultAccount is the account of callers that assumed no role: the fictitious
// account of AWS's own documentation.
const DefaultAccount = "111122223333"

// Server is a loopback AWS endpoint for every region and account at once. Its
// methods may be called while requests are served. Make one with [Start].
type Server struct {
	url    string
	http   *http.Server
	closed chan struct{}
	once   sync.Once

	mu      sync.Mutex
	targets []target
	paths   []pathHandler
	calls   []Call
	faults  map[string]fault

	keys    map[string]*Key
	aliases map[string]string
	made    int // data keys generated so far: the seed of the next

	deniedRoles map[string]*Error
	sessions    map[string]session
}

type target struct {
	prefix string
	action Action
}

type pathHandler struct {
	prefix  string
	handler http.Handler
}

// Start listens on a free port of 127.0.0.1. The caller must call
// [Server.Close].
func Start() (*Server, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("awstest: cannot listen on the loopback interface: %w", err)
	}
	s := &Server{
		url:         "http://" + l.Addr().String(),
		closed:      make(chan struct{}),
		faults:      map[string]fault{},
		keys:        map[string]*Key{},
		aliases:     map[string]string{},
		deniedRoles: map[string]*Error{},
		sessions:    map[string]session{},
	}
	s.HandleTarget("TrentService.", s.kms)
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(l) }()
	return s, nil
}

// Close ends the server and every request that still hangs in it. More than one
// call is fine.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.closed)
		_ = s.http.Close()
	})
}

// URL is the endpoint: "http://127.0.0.1:PORT".
func (s *Server) URL() string { return s.url }

// Environ is what a process needs in its environment to talk to this server:
// AWS_ENDPOINT_URL, static credentials and a region, with the machine's own
// profiles and instance metadata shut out.
func (s *Server) Environ() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + s.url,
		"AWS_ACCESS_KEY_ID=" + CallerAccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + callerSecret,
		"AWS_SESSION_TOKEN=",
		"AWS_REGION=eu-west-1",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_PROFILE=",
	}
}

// Setenv puts Environ into the environment of a test's own process, with the Setenv
// of its *testing.T.
func (s *Server) Setenv(t interface{ Setenv(name, value string) }) {
	for _, variable := range s.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}

// HandleTarget registers action for every request whose X-Amz-Target begins with
// prefix ("secretsmanager."). The rest of the header is the action's name. A
// later registration of a prefix replaces an earlier one.
func (s *Server) HandleTarget(prefix string, action Action) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.targets = append(s.targets, target{prefix, action})
}

// HandlePath registers h for every request without an X-Amz-Target whose path
// begins with prefix ("/2018-06-01/runtime/"). A later registration of a prefix
// replaces an earlier one. Faults of a region do not apply to it, and its calls
// are recorded only if it calls [Server.Record].
func (s *Server) HandlePath(prefix string, h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths = append(s.paths, pathHandler{prefix, h})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if name := r.Header.Get("X-Amz-Target"); name != "" {
		s.serveTarget(w, r, name)
		return
	}
	if h := s.pathHandler(r.URL.Path); h != nil {
		h.ServeHTTP(w, r)
		return
	}
	if r.Method == http.MethodPost && r.URL.Path == "/" {
		s.sts(w, r)
		return
	}
	http.Error(w, "awstest: nothing is registered for "+r.Method+" "+r.URL.Path, http.StatusNotFound)
}

func (s *Server) serveTarget(w http.ResponseWriter, r *http.Request, name string) {
	req, err := s.request(r)
	if err != nil {
		writeJSONError(w, err)
		return
	}
	action, rest := s.target(name)
	if action == nil {
		writeJSONError(w, &Error{Code: "UnknownOperationException", Message: "awstest: nothing is registered for " + name})
		return
	}
	req.Action = rest
	s.recordTarget(req)
	if !s.await(r.Context(), req.Region) {
		panic(http.ErrAbortHandler)
	}
	answer, err := action(req)
	switch {
	case errors.Is(err, ErrLostHang):
		select {
		case <-r.Context().Done():
		case <-s.closed:
		}
		panic(http.ErrAbortHandler)
	case errors.Is(err, ErrLostCut):
		panic(http.ErrAbortHandler)
	case err != nil:
		writeJSONError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// target finds the newest registration for name and what follows its prefix.
func (s *Server) target(name string) (Action, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.targets) - 1; i >= 0; i-- {
		if rest, ok := strings.CutPrefix(name, s.targets[i].prefix); ok {
			return s.targets[i].action, rest
		}
	}
	return nil, ""
}

func (s *Server) pathHandler(path string) http.Handler {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.paths) - 1; i >= 0; i-- {
		if strings.HasPrefix(path, s.paths[i].prefix) {
			return s.paths[i].handler
		}
	}
	return nil
}
