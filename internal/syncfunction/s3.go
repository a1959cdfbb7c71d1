package syncfunction

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// S3 is what the function calls of S3: the one action that its role needs on the
// file's object.
type S3 interface {
	// GetObject gives the object's content, but no more than most bytes. The error is a
	// smithy.APIError where S3 refuses.
	GetObject(ctx context.Context, bucket, key string, most int64) ([]byte, error)
}

// objectStore is the S3 of the function's region.
type objectStore struct{ caller *caller }

func newObjectStore(cfg aws.Config) *objectStore { return &objectStore{newCaller(cfg)} }

// GetObject implements S3. The bucket is part of the path, which holds for every
// name of a bucket, dots or not.
func (s *objectStore) GetObject(ctx context.Context, bucket, key string, most int64) ([]byte, error) {
	return s.caller.do(ctx, request{
		service: "s3",
		method:  http.MethodGet,
		header:  map[string]string{"Accept-Encoding": "identity"}, // the bytes as they are stored
		path:    "/" + escape(bucket) + "/" + escape(key),
		most:    most,
		failure: xmlFailure,
	})
}

// escape is a key as S3 wants it in a path: every byte escaped but letters,
// digits, -_.~ and the slash.
func escape(key string) string {
	var b strings.Builder
	for _, c := range []byte(key) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func xmlFailure(_ http.Header, body []byte) (code, message string) {
	var out struct{ Code, Message string }
	_ = xml.Unmarshal(body, &out) // what is no XML has no code
	return out.Code, out.Message
}

// object is the encrypted file that p names in S3. It reads no more than
// syncprotocol.MaxFileSize.
func (s *task) object(ctx context.Context, p syncprotocol.Properties) ([]byte, error) {
	var content []byte
	err := s.persist(ctx, "read the file from S3", func() error {
		var err error
		content, err = s.objects.GetObject(ctx, p.FileBucket, p.FileKey, syncprotocol.MaxFileSize+1)
		return err
	})
	at := fmt.Sprintf("bucket %q, key %q", p.FileBucket, p.FileKey)
	if err == nil {
		if len(content) > syncprotocol.MaxFileSize {
			return nil, fmt.Errorf("%s holds more than %d bytes", at, syncprotocol.MaxFileSize)
		}
		return content, nil
	}
	api, answered := errors.AsType[smithy.APIError](err)
	switch {
	case !answered && ctx.Err() != nil:
		return nil, fmt.Errorf("s3:GetObject of %s: no answer before the function's deadline", at)
	case !answered:
		return nil, fmt.Errorf("s3:GetObject of %s: S3 cannot be reached: %w; a function in a VPC needs a route to it", at, connectionError(err))
	case api.ErrorCode() == "NoSuchKey" || api.ErrorCode() == "NoSuchBucket":
		return nil, fmt.Errorf("%s is not in S3 (%s): upload the file there, then deploy again", at, api.ErrorCode())
	case denied(err):
		// Without s3:ListBucket, S3 says the same of an object that is not there.
		return nil, fmt.Errorf("access denied: allow the function's role s3:GetObject on %s, with kms:Decrypt where a key encrypts the bucket, and see that the object is there", at)
	}
	return nil, fmt.Errorf("s3:GetObject of %s failed (%s)", at, api.ErrorCode())
}
