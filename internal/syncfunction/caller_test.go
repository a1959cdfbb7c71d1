package syncfunction

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
)

// No loopback endpoint has AWS's names or checks a signature, so what goes on the
// wire is looked at here.

// wire answers requests with what is left of answers, the last one forever, and
// keeps the requests.
type wire struct {
	answers  []answer
	requests []*http.Request
}

type answer struct {
	status int // 0: no answer; -1: none before the deadline
	body   string
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	w.requests = append(w.requests, r)
	a := w.answers[0]
	if len(w.answers) > 1 {
		w.answers = w.answers[1:]
	}
	switch a.status {
	case 0:
		return nil, errors.New("connection cut")
	case -1:
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{
		StatusCode: a.status, Status: fmt.Sprintf("%d X", a.status), Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

func (w *wire) config(region string) aws.Config {
	return aws.Config{
		Region: region, HTTPClient: w,
		Retryer: func() aws.Retryer { return retry.NewStandard() },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret", SessionToken: "token"}, nil
		}),
	}
}

func TestEndpoints(t *testing.T) {
	for region, domain := range map[string]string{
		"eu-west-1": "amazonaws.com", "us-east-1": "amazonaws.com", "cn-north-1": "amazonaws.com.cn", "us-gov-west-1": "amazonaws.com",
		"us-iso-east-1": "c2s.ic.gov", "us-isob-east-1": "sc2s.sgov.gov", "eusc-de-east-1": "amazonaws.eu",
	} {
		w := &wire{answers: []answer{{200, "{}"}}}
		_, _ = newObjectStore(w.config(region)).GetObject(t.Context(), "my.bucket", "key", 10)
		_, _ = newParameterStore(w.config(region)).GetParameter(t.Context(), "name")
		for i, want := range []string{"https://s3." + region + "." + domain + "/my.bucket/key", "https://ssm." + region + "." + domain + "/"} {
			if got := w.requests[i].URL.String(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
}

func TestObjectOnTheWire(t *testing.T) {
	w := &wire{answers: []answer{{200, "content"}}}
	content, err := newObjectStore(w.config("eu-west-1")).GetObject(t.Context(), "bucket", "a b/ü+=&?#%~x/../y.json", 4)
	if err != nil || string(content) != "cont" {
		t.Errorf("got %q, %v", content, err)
	}
	r := w.requests[0]
	const path = "/bucket/a%20b/%C3%BC%2B%3D%26%3F%23%25~x/../y.json"
	if got := r.URL.RequestURI(); got != path {
		t.Errorf("asked for %s, want %s", got, path)
	}
	checkSignature(t, r, path, "s3", "")
	if r.Header.Get("Accept-Encoding") != "identity" {
		t.Error("the content may come compressed")
	}
}

func TestParameterOnTheWire(t *testing.T) {
	w := &wire{answers: []answer{{200, `{"Parameter":{"Type":"SecureString","Value":"a\n\"b\""}}`}}}
	p, err := newParameterStore(w.config("eu-west-1")).GetParameter(t.Context(), "/a/b")
	if err != nil || string(p.Value) != "a\n\"b\"" || p.Type != "SecureString" {
		t.Errorf("got %q of type %q, %v", p.Value, p.Type, err)
	}
	r := w.requests[0]
	body, _ := io.ReadAll(r.Body)
	if want := `{"Name":"/a/b","WithDecryption":true}`; string(body) != want {
		t.Errorf("sent %s, want %s", body, want)
	}
	checkSignature(t, r, "/", "ssm", string(body))
}

// checkSignature computes the signature of a request from AWS's description of
// Signature Version 4, apart from the SDK.
func checkSignature(t *testing.T, r *http.Request, path, service, body string) {
	t.Helper()
	sum := func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
	mac := func(key []byte, s string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(s))
		return h.Sum(nil)
	}
	_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	signed, signature, _ := strings.Cut(signed, ", Signature=")
	names := strings.Split(signed, ";")
	for _, must := range []string{"host", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"} {
		if !slices.Contains(names, must) {
			t.Errorf("%s is not signed", must)
		}
	}
	headers := ""
	for _, name := range names {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.URL.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		headers += name + ":" + value + "\n"
	}
	canonical := strings.Join([]string{r.Method, path, "", headers, signed, sum(body)}, "\n")
	date := r.Header.Get("X-Amz-Date")
	scope := date[:8] + "/eu-west-1/" + service + "/aws4_request"
	key := []byte("AWS4secret")
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	if want := hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n"+date+"\n"+scope+"\n"+sum(canonical))); signature != want {
		t.Errorf("signed %s with %s, want %s", signed, signature, want)
	}
}

func TestCallerTriesAgain(t *testing.T) {
	const throttling = `{"__type":"com.amazonaws.ssm#ThrottlingException","message":"Rate exceeded"}`
	for name, tt := range map[string]struct {
		answers []answer
		code    string
		tries   int
	}{
		"server errors":    {[]answer{{500, ""}, {503, "<html>"}, {200, "{}"}}, "", 3},
		"connection cut":   {[]answer{{0, ""}, {200, "{}"}}, "", 2},
		"throttling":       {[]answer{{400, throttling}}, "ThrottlingException", 3},
		"always an error":  {[]answer{{500, "no JSON"}}, "HTTP status 500", 3},
		"denied":           {[]answer{{400, `{"__type":"AccessDeniedException"}`}}, "AccessDeniedException", 1},
		"an odd error":     {[]answer{{302, ""}}, "HTTP status 302", 1},
		"code and address": {[]answer{{400, `{"__type":"ParameterNotFound:http://x/"}`}}, "ParameterNotFound", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answers: tt.answers}
				_, err := newParameterStore(w.config("eu-west-1")).GetParameter(t.Context(), "x")
				if (err == nil) != (tt.code == "") || awserror.Code(err) != tt.code {
					t.Errorf("got %v, want code %q", err, tt.code)
				}
				if len(w.requests) != tt.tries {
					t.Errorf("tried %d times, want %d", len(w.requests), tt.tries)
				}
				for _, r := range w.requests {
					if body, _ := io.ReadAll(r.Body); len(body) == 0 {
						t.Error("a request has no body")
					}
				}
			})
		})
	}
}

// A deadline that passes in a later try does not hide what SSM said before: neither in one of
// the few tries of a request, nor while the request is made again for as long as SSM throttles.
func TestDeadlineAfterThrottling(t *testing.T) {
	throttling := answer{400, `{"__type":"com.amazonaws.ssm#ThrottlingException","message":"Rate exceeded"}`}
	silence := answer{-1, ""}
	for name, answers := range map[string][]answer{
		"in the second try":     {throttling, silence},
		"in the second request": {throttling, throttling, throttling, silence},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				store := newParameterStore((&wire{answers: answers}).config("eu-west-1"))
				p := &parameters{task: &task{Handler: &Handler{clients: Clients{Parameters: store}}, log: slog.New(slog.DiscardHandler), start: time.Now()}}
				if err := p.call(ctx, "GetParameters", "x", nil, nil); err == nil || !strings.Contains(err.Error(), "throttling") {
					t.Errorf("got %v", err)
				}
				if ctx.Err() == nil {
					t.Error("the deadline did not pass")
				}
			})
		})
	}
}

func TestXMLFailure(t *testing.T) {
	code, message := xmlFailure(nil, []byte(`<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>gone</Message><Key>k</Key></Error>`))
	if code != "NoSuchKey" || message != "gone" {
		t.Errorf("got %q, %q", code, message)
	}
	if code, _ := xmlFailure(nil, []byte("no XML")); code != "" {
		t.Errorf("got %q of no XML", code)
	}
}
