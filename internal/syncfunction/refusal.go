package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// code is the name of the exception in err, or "" where AWS did not answer.
func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

// denied tells whether err is AWS saying that the caller may not.
func denied(err error) bool {
	switch code(err) {
	case "AccessDeniedException", "AccessDenied":
		return true
	}
	return false
}

// throttled tells whether err is AWS saying that it was asked too often. Secrets
// Manager's LimitExceededException is not among it: that is a quota of versions,
// which no repetition helps against.
func throttled(err error) bool {
	switch code(err) {
	case "ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
		"SlowDown", "RequestThrottled", "RequestThrottledException":
		return true
	}
	return false
}

// unavailable tells whether err is no answer at all, or a failure of the service's own.
func unavailable(err error) bool {
	var answer interface{ HTTPStatusCode() int }
	return code(err) == "" || errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusInternalServerError
}

// quotable are the exceptions whose message speaks of names alone. Others, those
// about the request's parameters above all, may quote what was to be written.
var quotable = []string{
	"AccessDeniedException", "ResourceNotFoundException", "InvalidRequestException", "LimitExceededException",
	"EncryptionFailure", "DecryptionFailure", "InternalServiceError", "ThrottlingException",
}

// maxMessage bounds, in bytes, what is quoted of AWS's own message.
const maxMessage = 700

// refused explains why an action on the secret failed.
func refused(ctx context.Context, action, arn string, err error) error {
	e, answered := errors.AsType[smithy.APIError](err)
	if !answered {
		if ctx.Err() != nil {
			return fmt.Errorf("secretsmanager:%s on %q: no answer before the function's deadline", action, arn)
		}
		return fmt.Errorf("secretsmanager:%s on %q: Secrets Manager cannot be reached: %w; a function in a VPC needs a route to it", action, arn, connectionError(err))
	}
	said := e.ErrorCode()
	if m := e.ErrorMessage(); m != "" && slices.Contains(quotable, said) {
		if len(m) > maxMessage {
			m = strings.ToValidUTF8(m[:maxMessage], "") + "…"
		}
		said += ": " + m
	}
	switch {
	case denied(err) && strings.Contains(e.ErrorMessage(), "KMS"):
		return fmt.Errorf("secretsmanager:%s on %q is refused by the secret's KMS key: allow the function's role kms:Decrypt and kms:GenerateDataKey on that key, with kms:ViaService for Secrets Manager (%s)", action, arn, said)
	case denied(err):
		return fmt.Errorf("access denied: allow the function's role secretsmanager:%s on %q (%s)", action, arn, said)
	case strings.Contains(e.ErrorMessage(), "marked for deletion"):
		return pendingDeletion(arn)
	}
	return fmt.Errorf("secretsmanager:%s on %q failed (%s)", action, arn, said)
}
