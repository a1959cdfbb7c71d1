// Package awserror says what an error of an AWS call means: AWS refused it, slowed
// it down, or failed itself. It knows error codes alone, and which of them stand for
// the same thing in the services that this module calls: KMS, STS, Secrets Manager,
// S3 and SSM.
package awserror

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// Code returns the error code of AWS's answer ("AccessDeniedException"), or "" where
// AWS did not answer.
func Code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

// Message returns the text of AWS's answer, or "" where AWS did not answer. It may
// quote the request.
func Message(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorMessage()
	}
	return ""
}

// Answered reports whether err is an answer of AWS. Otherwise the call did not get
// there, or got no answer in time.
func Answered(err error) bool {
	_, ok := errors.AsType[smithy.APIError](err)
	return ok
}

// Denied reports whether AWS answered that the caller is not allowed. The codes are
// those of the "common errors" in the API references: AccessDenied in S3 and STS,
// AccessDeniedException elsewhere.
func Denied(err error) bool {
	switch Code(err) {
	case "AccessDeniedException", "AccessDenied":
		return true
	}
	return false
}

// Throttled reports whether AWS answered that it was asked too often. The codes are
// the SDK's own ([retry.DefaultThrottleErrorCodes]) without LimitExceededException:
// Secrets Manager uses that one for its quota of versions, where trying again does
// not help. In KMS and STS it is throttling, and package masterkey adds it.
func Throttled(err error) bool {
	code := Code(err)
	_, throttling := retry.DefaultThrottleErrorCodes[code]
	return throttling && code != LimitExceeded
}

// LimitExceeded is the code that means throttling in some services and a quota in
// others: see [Throttled].
const LimitExceeded = "LimitExceededException"

// Unavailable reports whether AWS did not answer, or answered with a failure of its
// own: an HTTP status of 500 or more, or one of the codes that the API references of
// KMS and STS list for it.
func Unavailable(err error) bool {
	switch Code(err) {
	case "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException",
		"InternalFailure", "InternalError", "ServiceUnavailable":
		return true
	}
	var answer interface{ HTTPStatusCode() int }
	return !Answered(err) || errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusInternalServerError
}
