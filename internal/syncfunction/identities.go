package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// identityPlaces returns the places of age identities that a file's properties name.
// They are read when a master key asks for them, and not before.
func (s *task) identityPlaces(named []syncprotocol.AgeIdentity) []masterkey.IdentityPlace {
	var places []masterkey.IdentityPlace
	for _, at := range named {
		place := masterkey.IdentityPlace{Name: fmt.Sprintf("secret %q", at.SecretArn)}
		read := func(ctx context.Context) ([]byte, error) { return s.identitySecret(ctx, at.SecretArn) }
		if at.ParameterName != "" {
			place.Name = fmt.Sprintf("parameter %q", at.ParameterName)
			read = func(ctx context.Context) ([]byte, error) { return s.identityParameter(ctx, at.ParameterName) }
		}
		place.Read = func(ctx context.Context) (text []byte, err error) {
			defer func() { // it runs in a goroutine of its own
				if p := recover(); p != nil {
					text, err = nil, panicked(s.log)
				}
			}()
			text, err = read(ctx)
			if err != nil {
				s.log.Warn("age identities not read", "from", place.Name, "code", awserror.Code(err))
			} else {
				s.log.Info("age identities read", "from", place.Name)
			}
			return text, err
		}
		places = append(places, place)
	}
	return places
}

// identitySecret returns the text of a secret. Of AWS's answers it passes on the code
// alone.
func (s *task) identitySecret(ctx context.Context, arn string) ([]byte, error) {
	out, err := s.clients.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn}, func(o *secretsmanager.Options) {
		if region := regionOf(arn); region != "" {
			o.Region = region
		}
	})
	if err == nil {
		if out.SecretString == nil {
			return nil, errors.New("it is binary; store the text of the identity file as the secret's string")
		}
		return []byte(*out.SecretString), nil
	}
	switch code, message := awserror.Code(err), awserror.Message(err); {
	case code == "ResourceNotFoundException" && strings.Contains(message, "specified secret value"):
		return nil, unread(err, "it has no value yet; store the text of the identity file: aws secretsmanager put-secret-value --secret-id %s --secret-string file://keys.txt", arn)
	case code == "ResourceNotFoundException":
		return nil, unread(err, "it does not exist in its region; make it, or name another place")
	case deletionPending(err):
		return nil, unread(err, "it is pending deletion; restore it: aws secretsmanager restore-secret --secret-id %s", arn)
	case code == "DecryptionFailure", awserror.Denied(err) && strings.Contains(message, "KMS"):
		return nil, unread(err, "its KMS key refuses; allow the function's role kms:Decrypt on that key, with kms:ViaService for Secrets Manager, and see that the key is enabled")
	}
	return nil, identityFailure(ctx, err, "secretsmanager:GetSecretValue", arn, "Secrets Manager")
}

// identityParameter returns the text of a parameter.
func (s *task) identityParameter(ctx context.Context, name string) ([]byte, error) {
	out, err := s.clients.Parameters.GetParameter(ctx, name)
	if err == nil {
		if out.Type != "SecureString" {
			clear(out.Value)
			return nil, errors.New("it is not a SecureString, so its value is stored in clear; make a new identity, and store it as a SecureString")
		}
		return out.Value, nil
	}
	switch code, message := awserror.Code(err), awserror.Message(err); {
	case code == "ParameterNotFound":
		return nil, unread(err, "it does not exist; store the text of the identity file: aws ssm put-parameter --type SecureString --name %s --value file://keys.txt", name)
	case code == "InvalidKeyId", awserror.Denied(err) && (strings.Contains(message, "ciphertext") || strings.Contains(message, "kms:")):
		return nil, unread(err, "its KMS key refuses; allow the function's role kms:Decrypt on that key, with kms:ViaService for SSM, and see that the key is enabled")
	}
	return nil, identityFailure(ctx, err, "ssm:GetParameter", s.parameterARN(name), "SSM")
}

// identityFailure explains what every service can say. action and arn are what the
// role must be allowed.
func identityFailure(ctx context.Context, err error, action, arn, service string) error {
	switch {
	case !awserror.Answered(err) && ctx.Err() != nil: // a place has less time than the function
		return unread(err, "no answer to %s in time; a function in a VPC needs a route to %s", action, service)
	case !awserror.Answered(err):
		return unread(err, "%v", unanswered(ctx, action, service, err))
	case awserror.Denied(err):
		return unread(err, "access denied: allow the function's role %s on %s, with kms:Decrypt where a customer-managed key encrypts it", action, arn)
	case awserror.Throttled(err):
		return unread(err, "%s refuses more requests for now (throttling); deploy again", action)
	}
	return unread(err, "%s failed (%s)", action, awserror.Code(err))
}

// unreadError is why a place of identities could not be read, in our words. It
// wraps what the service said, and the sentinel of a refusal that may pass.
type unreadError struct {
	text  string
	wraps []error
}

func (e *unreadError) Error() string   { return e.text }
func (e *unreadError) Unwrap() []error { return e.wraps }

func unread(said error, format string, args ...any) error {
	e := &unreadError{fmt.Sprintf(format, args...), []error{said}}
	switch {
	case awserror.Denied(said):
		e.wraps = append(e.wraps, masterkey.ErrAccessDenied)
	case awserror.Throttled(said):
		e.wraps = append(e.wraps, masterkey.ErrThrottled)
	case awserror.Unavailable(said):
		e.wraps = append(e.wraps, masterkey.ErrUnavailable)
	}
	return e
}

// parameterARN returns the ARN of a parameter beside the stack.
func (s *task) parameterARN(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	partition, region, account := "aws", "REGION", "ACCOUNT"
	if stack := strings.SplitN(s.event.stackID, ":", 6); len(stack) == 6 {
		partition, region, account = stack[1], stack[3], stack[4]
	}
	return fmt.Sprintf("arn:%s:ssm:%s:%s:parameter/%s", partition, region, account, strings.TrimPrefix(name, "/"))
}
