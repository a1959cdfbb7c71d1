package syncfunction

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// caller sends requests to services of which the function calls one action, with
// the SDK's signer, HTTP client and rules of what to try again. The SDK's own
// clients of these services would make the function larger by a tenth: see
// docs/design.md.
type caller struct {
	cfg     aws.Config
	signer  *v4.Signer
	retryer aws.Retryer
}

func newCaller(cfg aws.Config) *caller {
	return &caller{cfg: cfg, signer: v4.NewSigner(), retryer: cfg.Retryer()}
}

// request is one request of a service, to its endpoint in the function's region.
type request struct {
	service string // as in its host name and in signatures
	method  string
	path    string // escaped, and beginning with a slash
	header  map[string]string
	body    []byte
	// most is how many bytes of an answer are read.
	most int64
	// failure is the error that an answer of another status than 200 stands for: its
	// code and message.
	failure func(header http.Header, body []byte) (code, message string)
}

// do sends r, a few times where that may help, and returns the answer's body. An
// error answer comes as a smithy.APIError, as from the SDK's clients. It is the last that
// was given: a deadline that passes in a later try does not hide it.
func (c *caller) do(ctx context.Context, r request) ([]byte, error) {
	var refusal error
	for try := 1; ; try++ {
		body, err := c.send(ctx, r)
		if err != nil && ctx.Err() != nil && refusal != nil {
			return nil, refusal
		}
		if err == nil || ctx.Err() != nil || try == c.retryer.MaxAttempts() || !c.retryer.IsErrorRetryable(err) {
			return body, err
		}
		pause, delayErr := c.retryer.RetryDelay(try, err)
		if delayErr != nil || sleep(ctx, pause) != nil {
			return nil, err
		}
		refusal = err
	}
}

func (c *caller) send(ctx context.Context, r request) ([]byte, error) {
	endpoint, err := c.endpoint(ctx, r.service)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, endpoint+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, errors.New("the endpoint is not a URL")
	}
	sum := sha256.Sum256(r.body)
	hash := hex.EncodeToString(sum[:])
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	req.Header.Set("X-Amz-Content-Sha256", hash)
	credentials, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	err = c.signer.SignHTTP(ctx, credentials, req, hash, r.service, c.cfg.Region, time.Now(), func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = true // the path is escaped once
	})
	if err != nil {
		return nil, errors.New("the request cannot be signed")
	}
	resp, err := c.cfg.HTTPClient.Do(req)
	if err != nil {
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, r.most))
	if err != nil {
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	if resp.StatusCode == http.StatusOK {
		return body, nil
	}
	code, message := r.failure(resp.Header, body)
	if code == "" {
		code = "HTTP status " + resp.Status[:min(3, len(resp.Status))]
	}
	return nil, &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: resp},
		Err:      &smithy.GenericAPIError{Code: code, Message: message},
	}
}

// endpoint returns a service's URL in the function's region, without a path. Every
// partition has its own domain. The SDK's client of Secrets Manager knows it, and
// both services are called alike.
func (c *caller) endpoint(ctx context.Context, service string) (string, error) {
	if c.cfg.BaseEndpoint != nil {
		return strings.TrimSuffix(*c.cfg.BaseEndpoint, "/"), nil
	}
	known, err := secretsmanager.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, secretsmanager.EndpointParameters{Region: &c.cfg.Region})
	if err != nil {
		return "", errors.New("the function's region has no endpoint")
	}
	return "https://" + service + strings.TrimPrefix(known.URI.Host, "secretsmanager"), nil
}
