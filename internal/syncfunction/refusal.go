package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
)

// quotable are the exceptions whose message speaks of names alone. Others, those
// about the request's parameters above all, may quote what was to be written.
var quotable = []string{
	"AccessDeniedException", "ResourceNotFoundException", "InvalidRequestException", "LimitExceededException",
	"EncryptionFailure", "DecryptionFailure", "InternalServiceError", "ThrottlingException",
}

// maxMessage bounds, in bytes, what is quoted of AWS's own message.
const maxMessage = 700

// shortened returns AWS's message, or the beginning of a long one.
func shortened(message string) string {
	if len(message) > maxMessage {
		return strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	return message
}

// refused explains why an action on the secret failed.
func refused(ctx context.Context, action, arn string, err error) error {
	if !awserror.Answered(err) {
		return unanswered(ctx, fmt.Sprintf("secretsmanager:%s on %q", action, arn), "Secrets Manager", err)
	}
	said, message := awserror.Code(err), awserror.Message(err)
	if message != "" && slices.Contains(quotable, said) {
		said += ": " + shortened(message)
	}
	switch {
	case awserror.Denied(err) && strings.Contains(message, "KMS"):
		return fmt.Errorf("secretsmanager:%s on %q is refused by the secret's KMS key: allow the function's role kms:Decrypt and kms:GenerateDataKey on that key, with kms:ViaService for Secrets Manager (%s)", action, arn, said)
	case awserror.Denied(err):
		return fmt.Errorf("access denied: allow the function's role secretsmanager:%s on %q (%s)", action, arn, said)
	case deletionPending(err):
		return pendingDeletion(arn)
	}
	return fmt.Errorf("secretsmanager:%s on %q failed (%s)", action, arn, said)
}

// deletionPending reports whether err is Secrets Manager saying that the secret is
// about to be deleted. Its code is InvalidRequestException, as for other requests
// that the secret's state does not allow.
func deletionPending(err error) bool {
	return strings.Contains(awserror.Message(err), "marked for deletion")
}

func pendingDeletion(arn string) error {
	return fmt.Errorf("secret %q is pending deletion: restore it (aws secretsmanager restore-secret --secret-id %s), then deploy again", arn, arn)
}

// unanswered explains why a call has no answer of AWS. ctx ends with the function's
// own deadline.
func unanswered(ctx context.Context, call, service string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: no answer before the function's deadline", call)
	}
	return fmt.Errorf("%s: %s cannot be reached: %w; a function in a VPC needs a route to it", call, service, connectionError(err))
}

// connectionError returns err without the URL, which net/http's errors quote.
func connectionError(err error) error {
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return errors.New("no answer in time")
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("cannot resolve host %q", d.Name)
	}
	if o, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("connection failed (%s)", o.Op)
	}
	return errors.New("connection failed")
}
