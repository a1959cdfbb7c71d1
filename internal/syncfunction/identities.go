package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// identityPlaces are the places of age identities that p names. They are read
// when a master key asks for them, and not before.
func (s *task) identityPlaces(p syncprotocol.Properties) []masterkey.IdentityPlace {
	var places []masterkey.IdentityPlace
	for _, at := range p.AgeIdentities {
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
				s.log.Warn("age identities not read", "from", place.Name, "code", code(err))
			} else {
				s.log.Info("age identities read", "from", place.Name)
			}
			return text, err
		}
		places = append(places, place)
	}
	return places
}

// identitySecret is the text of a secret. Of AWS's answers it passes on the code
// alone.
func (s *task) identitySecret(ctx context.Context, arn string) ([]byte, error) {
	out, err := s.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn}, func(o *secretsmanager.Options) {
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
	message := ""
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		message = e.ErrorMessage()
	}
	switch {
	case code(err) == "ResourceNotFoundException" && strings.Contains(message, "specified secret value"):
		return nil, unread(err, "it has no value yet; store the text of the identity file: aws secretsmanager put-secret-value --secret-id %s --secret-string file://keys.txt", arn)
	case code(err) == "ResourceNotFoundException":
		return nil, unread(err, "it does not exist in its region; make it, or name another place")
	case strings.Contains(message, "marked for deletion"):
		return nil, unread(err, "it is pending deletion; restore it: aws secretsmanager restore-secret --secret-id %s", arn)
	case code(err) == "DecryptionFailure", denied(err) && strings.Contains(message, "KMS"):
		return nil, unread(err, "its KMS key refuses; allow the function's role kms:Decrypt on that key, with kms:ViaService for Secrets Manager, and see that the key is enabled")
	}
	return nil, s.identityFailure(ctx, err, "secretsmanager:GetSecretValue", arn)
}

// identityParameter is the text of a parameter.
func (s *task) identityParameter(ctx context.Context, name string) ([]byte, error) {
	out, err := s.parameters.GetParameter(ctx, name)
	if err == nil {
		if out.Type != "SecureString" {
			clear(out.Value)
			return nil, errors.New("it is not a SecureString, so its value is stored in clear; make a new identity, and store it as a SecureString")
		}
		return out.Value, nil
	}
	message := ""
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		message = e.ErrorMessage()
	}
	switch {
	case code(err) == "ParameterNotFound":
		return nil, unread(err, "it does not exist; store the text of the identity file: aws ssm put-parameter --type SecureString --name %s --value file://keys.txt", name)
	case code(err) == "InvalidKeyId", denied(err) && (strings.Contains(message, "ciphertext") || strings.Contains(message, "kms:")):
		return nil, unread(err, "its KMS key refuses; allow the function's role kms:Decrypt on that key, with kms:ViaService for SSM, and see that the key is enabled")
	}
	return nil, s.identityFailure(ctx, err, "ssm:GetParameter", s.parameterARN(name))
}

// identityFailure explains what both services can say. action and arn are what
// the role must be allowed.
func (s *task) identityFailure(ctx context.Context, err error, action, arn string) error {
	switch {
	case denied(err):
		return unread(err, "access denied: allow the function's role %s on %s, with kms:Decrypt where a customer key encrypts it", action, arn)
	case throttled(err):
		return unread(err, "%s refuses more requests for now (throttling); deploy again", action)
	case code(err) != "":
		return unread(err, "%s failed (%s)", action, code(err))
	case ctx.Err() != nil:
		return unread(err, "no answer to %s in time; a function in a VPC needs a route to the service", action)
	}
	return unread(err, "%s: the service cannot be reached: %v; a function in a VPC needs a route to it", action, connectionError(err))
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
	case denied(said):
		e.wraps = append(e.wraps, masterkey.ErrAccessDenied)
	case throttled(said):
		e.wraps = append(e.wraps, masterkey.ErrThrottled)
	case unavailable(said):
		e.wraps = append(e.wraps, masterkey.ErrUnavailable)
	}
	return e
}

// parameterARN is the ARN of a parameter beside the stack.
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

// secretARN holds the region of a secret's ARN. The region becomes part of a host
// name, to which signed requests go.
var secretARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:([a-z][a-z0-9-]*[0-9]):`)
})

func regionOf(arn string) string {
	if m := secretARN().FindStringSubmatch(arn); m != nil {
		return m[1]
	}
	return ""
}
