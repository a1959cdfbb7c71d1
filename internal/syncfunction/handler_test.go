package syncfunction_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncfunction"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// What loopback endpoints cannot bring about is tried here. The scenarios of the
// built function are with command sopssync.

const hidden = "plaintext-in-a-panic"

// stub is a Secrets Manager that does as it is told. Anything else panics.
type stub struct {
	syncfunction.SecretsManager
	describe func(context.Context) (*secretsmanager.DescribeSecretOutput, error)
}

func (s stub) DescribeSecret(ctx context.Context, _ *secretsmanager.DescribeSecretInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error) {
	return s.describe(ctx)
}

// unwrapper is a function as a sopsfile.Unwrapper.
type unwrapper func(context.Context) ([]byte, error)

func (u unwrapper) Unwrap(ctx context.Context, _ sopsfile.MasterKey) ([]byte, error) { return u(ctx) }

// answer is what one event was answered with, and what was logged.
type answer struct {
	Status, Reason, PhysicalResourceId string
	log                                string
	size                               int // of the body, in bytes
	took                               time.Duration
}

func invoke(t *testing.T, timeout time.Duration, u unwrapper, s stub, stream string, change func(*syncprotocol.Properties)) answer {
	t.Helper()
	return invokeTo(t, nil, timeout, u, s, stream, change)
}

// invokeTo is invoke with a ResponseURL that redirect may answer first.
func invokeTo(t *testing.T, redirect func(http.ResponseWriter, *http.Request) bool, timeout time.Duration, u unwrapper, s stub, stream string, change func(*syncprotocol.Properties)) answer {
	t.Helper()
	var body []byte
	taken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if redirect != nil && redirect(w, r) {
			return
		}
		body, _ = io.ReadAll(r.Body)
	}))
	defer taken.Close()
	var log bytes.Buffer
	h := syncfunction.New(syncfunction.Clients{Secrets: s, Answers: anywhere}, func(*sopsfile.Metadata, []masterkey.IdentityPlace) sopsfile.Unwrapper { return u }, slog.New(slog.NewJSONHandler(&log, nil)), stream)
	file, err := syncprotocol.EncodeFile([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	props := syncprotocol.Properties{
		Protocol: syncprotocol.Version,
		Target:   syncprotocol.Target{SecretArn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf"},
		File:     syncprotocol.File{Name: "x.sops.json", Format: "json", Content: file},
		Output:   render.Output{Mode: render.Flat},
	}
	if change != nil {
		change(&props)
	}
	event, err := json.Marshal(map[string]any{
		"RequestType": "Create", "RequestId": "r", "StackId": "s", "LogicalResourceId": "l",
		"ResponseURL": taken.URL, "ResourceProperties": props,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	start := time.Now()
	if _, err := h.Invoke(ctx, event); err != nil {
		t.Fatal(err)
	}
	a := answer{took: time.Since(start), log: log.String(), size: len(body)}
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatal(err)
	}
	if len(body) >= 4096 || !utf8.Valid(body) {
		t.Errorf("the answer has %d bytes, UTF-8: %v", len(body), utf8.Valid(body))
	}
	if strings.Contains(string(body)+a.log, hidden) {
		t.Errorf("a panic's value can be read:\n%s\n%s", body, a.log)
	}
	return a
}

func TestPanicIsAnswered(t *testing.T) {
	boom := func(context.Context) (*secretsmanager.DescribeSecretOutput, error) { panic(errors.New(hidden)) }
	a := invoke(t, 5*time.Second, open, stub{describe: boom}, "", nil)
	if a.Status != "FAILED" || !strings.Contains(a.Reason, "panicked at") || !strings.Contains(a.Reason, "TestPanicIsAnswered") {
		t.Errorf("got %s: %s", a.Status, a.Reason)
	}
	if !strings.Contains(a.log, "TestPanicIsAnswered") {
		t.Errorf("the log does not say where: %s", a.log)
	}
}

// Package sopsfile unwraps in goroutines of its own: a panic there must not end
// the process.
func TestPanicOfAKeyIsAnswered(t *testing.T) {
	a := invoke(t, 5*time.Second, func(context.Context) ([]byte, error) { panic(hidden) }, stub{}, "", nil)
	if a.Status != "FAILED" || !strings.Contains(a.Reason, "panicked at") {
		t.Errorf("got %s: %s", a.Status, a.Reason)
	}
}

// A nil map or index panics inside the runtime, whose frames say nothing.
func TestPanicOfTheRuntimeNamesOurCode(t *testing.T) {
	a := invoke(t, 5*time.Second, open, stub{describe: func(context.Context) (*secretsmanager.DescribeSecretOutput, error) {
		var d *secretsmanager.DescribeSecretOutput
		return nil, errors.New(*d.ARN)
	}}, "", nil)
	if !strings.Contains(a.Reason, "TestPanicOfTheRuntimeNamesOurCode") {
		t.Errorf("got %s: %s", a.Status, a.Reason)
	}
}

func TestCodeThatIgnoresItsDeadline(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	a := invoke(t, 2*time.Second, open, stub{describe: func(context.Context) (*secretsmanager.DescribeSecretOutput, error) {
		<-release
		return nil, errors.New("too late")
	}}, "", nil)
	if a.Status != "FAILED" || !strings.Contains(a.Reason, "the function's own deadline passed while looking at the secret") {
		t.Errorf("got %s: %s", a.Status, a.Reason)
	}
	if a.took > 1900*time.Millisecond {
		t.Errorf("took %v of 2s", a.took)
	}
}

// Whatever a reason is made of, the answer fits and stays readable.
func TestReasonIsCut(t *testing.T) {
	for _, piece := range []string{"x", `"`, `\`, "\n", "\x00", "é", "日本", "😀", "\u2028", "\xff", "<&>", " \t"} {
		for _, n := range []int{0, 1, 1000, 3000, 3970, 3999, 4000, 4096, 20000} {
			long := strings.Repeat(piece, n)
			a := invoke(t, 5*time.Second, open, stub{describe: func(context.Context) (*secretsmanager.DescribeSecretOutput, error) {
				return nil, fmt.Errorf("wrapped: %w", &smithy.GenericAPIError{Code: long})
			}}, "stream", func(p *syncprotocol.Properties) { p.Target.SecretArn = "a" })
			if a.Status != "FAILED" || !strings.HasSuffix(a.Reason, " (log stream stream)") {
				t.Errorf("%q × %d: got %s: %s", piece, n, a.Status, a.Reason)
			}
			if strings.Contains(a.Reason, "…") && a.size < 3980 {
				t.Errorf("%q × %d: only %d bytes: too much was cut", piece, n, a.size)
			}
		}
	}
}

// A physical id must be there even where nothing says what it is about.
func TestPhysicalIDWithoutTarget(t *testing.T) {
	a := invoke(t, 5*time.Second, open, stub{}, "", func(p *syncprotocol.Properties) { p.Target.SecretArn = "" })
	b := invoke(t, 5*time.Second, open, stub{}, "", func(p *syncprotocol.Properties) { p.Target.SecretArn = "" })
	if a.PhysicalResourceId == "" || a.PhysicalResourceId != b.PhysicalResourceId {
		t.Errorf("got %q and %q", a.PhysicalResourceId, b.PhysicalResourceId)
	}
}

// anywhere lets answers go to a test's own server.
func anywhere(*url.URL) bool { return true }

// S3 may redirect. The answer arrives only where the PUT stays one.
func TestResponseIsRedirected(t *testing.T) {
	tries := 0
	a := invokeTo(t, func(w http.ResponseWriter, r *http.Request) bool {
		tries++
		switch {
		case r.Method != http.MethodPut:
			t.Errorf("a %s followed the redirect", r.Method)
		case tries == 1:
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case tries == 2:
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		default:
			return false
		}
		return true
	}, 5*time.Second, open, stub{}, "", func(p *syncprotocol.Properties) { p.Protocol = "0" })
	if a.Status != "FAILED" || tries != 3 {
		t.Errorf("got %s after %d tries, want 3", a.Status, tries)
	}
}

// A function is frozen between two events, and a connection that stays open would be
// dead by the next: each answer has its own.
func TestEveryAnswerHasItsConnection(t *testing.T) {
	var connections, answers atomic.Int32
	taken := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answers.Add(1)
	}))
	taken.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	taken.Start()
	defer taken.Close()
	h := syncfunction.New(syncfunction.Clients{Answers: anywhere}, nil, slog.New(slog.DiscardHandler), "")
	for _, request := range []string{"1", "2"} {
		event := fmt.Appendf(nil, `{"RequestType":"Delete","RequestId":%q,"StackId":"s","LogicalResourceId":"l","PhysicalResourceId":"p","ResponseURL":%q}`, request, taken.URL)
		if _, err := h.Invoke(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	if got := answers.Load(); got != 2 {
		t.Fatalf("got %d answers, want 2", got)
	}
	if got := connections.Load(); got != 2 {
		t.Errorf("two answers came on %d connections, want 2", got)
	}
}

// An id that CloudFormation does not take would leave it waiting.
func TestPhysicalIDOfALongTarget(t *testing.T) {
	for _, n := range []int{901, 5000} {
		a := invoke(t, 5*time.Second, open, stub{describe: func(context.Context) (*secretsmanager.DescribeSecretOutput, error) {
			return nil, &smithy.GenericAPIError{Code: "ValidationException"}
		}}, "", func(p *syncprotocol.Properties) { p.Target.SecretArn = strings.Repeat("a", n) })
		if len(a.PhysicalResourceId) > 1000 || a.Status != "FAILED" {
			t.Errorf("got %s, and an id of %d bytes", a.Status, len(a.PhysicalResourceId))
		}
	}
}

func TestConfig(t *testing.T) {
	env := map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
	}
	cfg := syncfunction.Config(func(name string) string { return env[name] })
	c, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Region != "eu-west-1" || c.AccessKeyID != "id" || c.SecretAccessKey != "secret" || c.SessionToken != "token" || cfg.BaseEndpoint != nil {
		t.Errorf("got region %q, key %q, endpoint %v", cfg.Region, c.AccessKeyID, aws.ToString(cfg.BaseEndpoint))
	}
	delete(env, "AWS_ACCESS_KEY_ID")
	if _, err := cfg.Credentials.Retrieve(t.Context()); err == nil {
		t.Error("no error without credentials")
	}
}
