package syncfunction

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
)

// S3 is what the function calls of S3: the one action that its role needs on the
// file's object.
type S3 interface {
	// GetObject returns the object's content, but no more than most bytes. The error is a
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

// escape returns a key as S3 wants it in a path: every byte escaped but letters,
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

// deniedKey returns the ARN of the KMS key that S3 says the function may not use, or "".
// S3 passes on what KMS said, and nothing else of its text is looked at.
func deniedKey(err error) string {
	_, rest, ok := strings.Cut(awserror.Message(err), "kms:Decrypt on resource: ")
	if !ok {
		return ""
	}
	arn, _, _ := strings.Cut(rest, " ")
	if key, err := keypolicy.ParseKeyARN(strings.TrimRight(arn, ".,")); err == nil && !key.IsAlias() {
		return strings.TrimRight(arn, ".,")
	}
	return ""
}

// keyOfBucket is the error of an object whose key the function may not use, with the
// statement that is missing.
func keyOfBucket(at, key string) error {
	statement := keypolicy.Statement{Effect: "Allow", Action: "kms:Decrypt", Resource: key, Condition: keypolicy.Condition{
		"StringEquals": {"kms:ViaService": "s3." + strings.Split(key, ":")[3] + ".amazonaws.com"},
	}}
	return fmt.Errorf("access denied: a KMS key encrypts %s; pass it as AssetBucketKey of the SopsSyncProvider, or, for a bucket of your own, as the EncryptionKey that it is imported with; the statement that is missing: %s", at, statement)
}
