//go:build !sopssync

package masterkey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// exportCredentials makes any profile's credentials known here: the AWS command asks on
// the terminal for what a profile needs.
const exportCredentials = `eval "$(aws configure export-credentials --format env)"`

// load reads the SDK's configuration of a profile, or of the one that is selected for "".
// Its errors are not passed on: they may quote lines of the files, which hold credentials.
func load(ctx context.Context, profile string) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), // its warnings say nothing that an error does not
		config.WithProcessCredentialOptions(func(o *processcreds.Options) { o.Timeout = credentialsTimeout }),
	}
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err == nil {
		cfg = prepare(cfg)
		cfg.Retryer = patientRetryer
		return cfg, nil
	}
	if e, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		if profile != "" && e.Profile == profile {
			return aws.Config{}, errNoProfile
		}
		if profile != "" || e.Profile != os.Getenv("AWS_PROFILE") {
			return aws.Config{}, fmt.Errorf("%s names the profile %q as its source_profile, which does not exist; \"aws configure list-profiles\" shows those that do", profileText(profile), e.Profile)
		}
		return aws.Config{}, fmt.Errorf("the AWS profile %q does not exist; see AWS_PROFILE and \"aws configure list-profiles\"", e.Profile)
	}
	if e, ok := errors.AsType[config.SharedConfigLoadError](err); ok {
		return aws.Config{}, fmt.Errorf("the AWS configuration file %q cannot be read; try \"aws configure list\"", e.Filename)
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		return aws.Config{}, fmt.Errorf("%s asks for a code of an MFA device (mfa_serial), which cannot be typed in here; run %s, which asks for it, and then this command again", profileText(profile), exportCredentials)
	}
	if e, ok := errors.AsType[config.SharedConfigAssumeRoleError](err); ok {
		return aws.Config{}, fmt.Errorf("the AWS profile %q has the role %s, and nothing that it could be assumed with; look at its source_profile or credential_source", e.Profile, filetext.Quote(e.RoleARN))
	}
	return aws.Config{}, errors.New("the AWS configuration cannot be used; try \"aws configure list\"")
}

// profileText names an AWS profile, or the one that is selected for "".
func profileText(name string) string {
	if name = cmp.Or(name, os.Getenv("AWS_PROFILE")); name != "" {
		return "the AWS profile " + filetext.Quote(name)
	}
	return "the default AWS profile"
}

// noCredentials says which source of credentials was tried, what it answered, and what to
// do. It passes on names, codes and exit codes, and no other text of the source.
func noCredentials(profile string, err error) error {
	const shows = "\"aws sts get-caller-identity\" shows whether they work"
	if err == nil {
		err = errors.New("")
	}
	if _, ok := errors.AsType[*ssocreds.InvalidTokenError](err); ok {
		return errors.New("the AWS SSO session has expired; run \"aws sso login\"")
	}
	if strings.Contains(err.Error(), "failed to read cached SSO token file") {
		return fmt.Errorf("%s has no AWS SSO session on this machine; run \"aws sso login\"", profileText(profile))
	}
	if _, ok := errors.AsType[*processcreds.ProviderError](err); ok {
		return fmt.Errorf("the credential_process of %s %s; run it by hand, or \"aws sts get-caller-identity\"", profileText(profile), processEnd(err))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no AWS credentials came within %v; try \"aws sts get-caller-identity\"", credentialsTimeout)
	}
	// The SDK does not wrap this one, and its text holds nothing but the path.
	if strings.Contains(err.Error(), "unable to read file at ") {
		return errors.New("the file with the web identity token cannot be read; see AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile: the platform that runs this command writes it")
	}
	if e, ok := errors.AsType[*smithy.OperationError](err); ok {
		if awserror.Answered(err) {
			return refusedLogin(profile, e, err)
		}
		if e.ServiceID != "ec2imds" { // which is asked on every machine without credentials
			return fmt.Errorf("%s is not reachable, which %s asks for credentials", e.ServiceID, profileText(profile))
		}
	}
	return errors.New("no AWS credentials were found; run \"aws sso login\" and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; " + shows + ofCDK())
}

// ofCDK is a further hint below the cdk command, which keeps its option --profile to itself
// (seen with 2.1148.1: the app gets CDK_DEFAULT_REGION of it and nothing else).
func ofCDK() string {
	if os.Getenv("CDK_CLI_VERSION") == "" || os.Getenv("AWS_PROFILE") != "" {
		return ""
	}
	return "; the option --profile of cdk does not reach the app, and AWS_PROFILE in the environment reaches both"
}

// processEnd says how a credential_process ended.
func processEnd(err error) string {
	if e, ok := errors.AsType[*exec.ExitError](err); ok && e.ExitCode() > 0 {
		return fmt.Sprintf("failed with exit code %d", e.ExitCode())
	}
	switch text := err.Error(); {
	case strings.Contains(text, "timed out"):
		return fmt.Sprintf("did not end within %v", credentialsTimeout)
	case errors.Is(err, exec.ErrNotFound), strings.Contains(text, "error in credential_process"):
		return "could not be run"
	}
	return "printed no credentials (the JSON object of the AWS command's manual, Version 1)"
}

// refusedLogin says what a service of AWS answered that was asked for credentials.
func refusedLogin(profile string, e *smithy.OperationError, err error) error {
	code := awserror.Code(err)
	if !codePattern().MatchString(code) {
		code = "an unknown error"
	}
	switch e.OperationName {
	case "AssumeRole":
		return fmt.Errorf("STS answered %s to the role of %s; the role must exist, its trust policy must name the source_profile's principal, and that one's policy must allow sts:AssumeRole", code, profileText(profile))
	case "AssumeRoleWithWebIdentity":
		return fmt.Errorf("STS answered %s to the role of the web identity token (AWS_ROLE_ARN); the role's trust policy must name the token's issuer, audience and subject", code)
	}
	return fmt.Errorf("%s answered %s when %s asked for credentials; try \"aws sts get-caller-identity\"", e.ServiceID, code, profileText(profile))
}
