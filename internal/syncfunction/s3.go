package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// S3 is what the function calls of S3: the one action that its role needs on the
// file's object. *s3.Client implements it.
type S3 interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// object is the encrypted file that p names in S3. It reads no more than
// syncprotocol.MaxFileSize.
func (s *task) object(ctx context.Context, p syncprotocol.Properties) ([]byte, error) {
	var content []byte
	err := s.persist(ctx, "read the file from S3", func() error {
		out, err := s.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &p.FileBucket, Key: &p.FileKey})
		if err != nil {
			return err
		}
		defer out.Body.Close()
		content, err = io.ReadAll(io.LimitReader(out.Body, syncprotocol.MaxFileSize+1))
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
	_, gone := errors.AsType[*types.NoSuchKey](err)
	switch {
	case !answered && ctx.Err() != nil:
		return nil, fmt.Errorf("s3:GetObject of %s: no answer before the function's deadline", at)
	case !answered:
		return nil, fmt.Errorf("s3:GetObject of %s: S3 cannot be reached: %w; a function in a VPC needs a route to it", at, connectionError(err))
	case gone || api.ErrorCode() == "NoSuchBucket":
		return nil, fmt.Errorf("%s is not in S3 (%s): upload the file there, then deploy again", at, api.ErrorCode())
	case denied(err):
		// Without s3:ListBucket, S3 says the same of an object that is not there.
		return nil, fmt.Errorf("access denied: allow the function's role s3:GetObject on %s, with kms:Decrypt where a key encrypts the bucket, and see that the object is there", at)
	}
	return nil, fmt.Errorf("s3:GetObject of %s failed (%s)", at, api.ErrorCode())
}
