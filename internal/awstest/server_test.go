package awstest_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

const (
	euKey = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-4333-8444-555555555555"
	usKey = "arn:aws:kms:us-east-1:444455556666:key/66666666-7777-4888-8999-000000000000"
	role  = "arn:aws:iam::111122223333:role/sops-dev-role"
)

func start(t *testing.T) *awstest.Server {
	t.Helper()
	s, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func config(s *awstest.Server, region string) aws.Config {
	return aws.Config{
		Region:           region,
		BaseEndpoint:     aws.String(s.URL()),
		RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(_ context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: awstest.CallerAccessKeyID, SecretAccessKey: "any"}, nil
		}),
	}
}

func TestKMSRoundTrip(t *testing.T) {
	s := start(t)
	k := s.AddKey(euKey)
	alias := "arn:aws:kms:eu-west-1:111122223333:alias/sops-dev-key-eu"
	s.AddAlias(alias, k)
	client := kms.NewFromConfig(config(s, "eu-west-1"))
	with := map[string]string{"app": "shop", "stage": "dev"}

	for _, id := range []string{euKey, alias, "alias/sops-dev-key-eu", "11111111-2222-4333-8444-555555555555"} {
		sealed, err := client.Encrypt(t.Context(), &kms.EncryptInput{KeyId: &id, Plaintext: []byte("data key"), EncryptionContext: with})
		if err != nil {
			t.Fatalf("Encrypt with %q: %v", id, err)
		}
		opened, err := client.Decrypt(t.Context(), &kms.DecryptInput{KeyId: &id, CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: with})
		if err != nil {
			t.Fatalf("Decrypt with %q: %v", id, err)
		}
		if got := string(opened.Plaintext); got != "data key" {
			t.Errorf("Decrypt with %q = %q", id, got)
		}
		if got := aws.ToString(opened.KeyId); got != euKey {
			t.Errorf("KeyId = %q, want %q", got, euKey)
		}
		_, err = client.Decrypt(t.Context(), &kms.DecryptInput{KeyId: &id, CiphertextBlob: sealed.CiphertextBlob})
		if got := code(err); got != "InvalidCiphertextException" {
			t.Errorf("Decrypt without the context: %q", got)
		}
	}

	if _, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &alias}); err != nil {
		t.Errorf("DescribeKey: %v", err)
	}
	made, err := client.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: &alias, KeySpec: "AES_256"})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Plaintext) != 32 {
		t.Errorf("GenerateDataKey gave %d bytes, want 32", len(made.Plaintext))
	}
}

func TestKMSRefusals(t *testing.T) {
	s := start(t)
	eu, us := s.AddKey(euKey), s.AddKey(usKey)
	here := kms.NewFromConfig(config(s, "eu-west-1"))
	there := kms.NewFromConfig(config(s, "us-east-1"))
	sealed, err := there.Encrypt(t.Context(), &kms.EncryptInput{KeyId: aws.String(usKey), Plaintext: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	decrypt := func(c *kms.Client, id string, blob []byte) string {
		_, err := c.Decrypt(t.Context(), &kms.DecryptInput{KeyId: &id, CiphertextBlob: blob})
		return code(err)
	}
	if got := decrypt(here, usKey, sealed.CiphertextBlob); got != "NotFoundException" {
		t.Errorf("a key of another region: %q", got)
	}
	if got := decrypt(here, euKey, sealed.CiphertextBlob); got != "IncorrectKeyException" {
		t.Errorf("another key: %q", got)
	}
	if got := decrypt(here, euKey, []byte("nonsense")); got != "InvalidCiphertextException" {
		t.Errorf("no ciphertext: %q", got)
	}
	for _, want := range []string{"AccessDeniedException", "DisabledException", "KMSInvalidStateException", "NotFoundException", "ThrottlingException"} {
		us.Fail(want)
		if got := decrypt(there, usKey, sealed.CiphertextBlob); got != want {
			t.Errorf("injected %q: got %q", want, got)
		}
	}
	for want, status := range map[string]int{"KMSInternalException": 500, "DependencyTimeoutException": 503, "DisabledException": 400} {
		us.Fail(want)
		_, err := there.Decrypt(t.Context(), &kms.DecryptInput{KeyId: aws.String(usKey), CiphertextBlob: sealed.CiphertextBlob})
		var answer interface{ HTTPStatusCode() int }
		if !errors.As(err, &answer) || answer.HTTPStatusCode() != status || code(err) != want {
			t.Errorf("%s: got %v, want status %d", want, err, status)
		}
	}
	us.Fail("")
	if got := decrypt(there, usKey, sealed.CiphertextBlob); got != "" {
		t.Errorf("restored key: %q", got)
	}
	eu.LimitTo(role)
	if got := decrypt(here, euKey, sealed.CiphertextBlob); got != "AccessDeniedException" {
		t.Errorf("a key limited to a role: %q", got)
	}
}

func TestAssumeRole(t *testing.T) {
	s := start(t)
	s.AddKey(euKey).LimitTo(role)
	cfg := config(s, "eu-west-1")
	client := sts.NewFromConfig(cfg)

	who, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(who.Account); got != awstest.DefaultAccount {
		t.Errorf("account = %q", got)
	}
	in := &sts.AssumeRoleInput{RoleArn: aws.String(role), RoleSessionName: aws.String("sops@host")}
	out, err := client.AssumeRole(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey,
			SessionToken: *out.Credentials.SessionToken,
		}, nil
	})
	s.ResetCalls()
	if _, err := kms.NewFromConfig(cfg).Encrypt(t.Context(), &kms.EncryptInput{KeyId: aws.String(euKey), Plaintext: []byte("x")}); err != nil {
		t.Fatalf("with the role: %v", err)
	}
	calls := s.Calls()
	if len(calls) != 1 || calls[0].Role != role || calls[0].Action != "Encrypt" || calls[0].Resource != euKey || calls[0].Region != "eu-west-1" {
		t.Errorf("calls = %+v", calls)
	}

	s.AddKey(usKey).LimitTo(role)
	for policy, want := range map[string]string{
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Encrypt","Resource":"` + euKey + `"}}`:                             "",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Encrypt","Resource":"` + usKey + `"}}`:                             "AccessDeniedException",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + euKey + `"}}`:                             "AccessDeniedException",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Encrypt"}}`:                                                        "MalformedPolicyDocument",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Encrypt","Resource":"` + euKey + strings.Repeat("x", 2000) + `"}}`: "ValidationError",
	} {
		in.Policy = &policy
		if out, err = client.AssumeRole(t.Context(), in); err == nil {
			_, err = kms.NewFromConfig(cfg).Encrypt(t.Context(), &kms.EncryptInput{KeyId: aws.String(euKey), Plaintext: []byte("x")})
		}
		if got := code(err); got != want {
			t.Errorf("a session with the policy %.120s: got %q, want %q", policy, got, want)
		}
	}

	s.DenyRole(role)
	in.Policy = nil
	_, err = client.AssumeRole(t.Context(), in)
	if got := code(err); got != "AccessDenied" {
		t.Errorf("a denied role: %q", got)
	}
}

// code is the service's name for err, or "" if it is nil.
func code(err error) string {
	var e interface{ ErrorCode() string }
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
