package awstest_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

const secretARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:team/db-AbCdEf"

func secretsManager(t *testing.T) (*awstest.SecretsManager, *secretsmanager.Client) {
	t.Helper()
	s, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s.AddSecretsManager(), secretsmanager.New(secretsmanager.Options{
		Region:           "eu-west-1",
		BaseEndpoint:     aws.String(s.URL()),
		RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: awstest.CallerAccessKeyID, SecretAccessKey: "x"}, nil
		}),
	})
}

func put(t *testing.T, c *secretsmanager.Client, token, text string) error {
	t.Helper()
	_, err := c.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(secretARN), ClientRequestToken: aws.String(token), SecretString: aws.String(text),
	})
	return err
}

func TestSecretVersions(t *testing.T) {
	m, c := secretsManager(t)
	s := m.AddSecret(secretARN)
	a, b := strings.Repeat("a", 32), strings.Repeat("b", 64)

	_, err := c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(secretARN)})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("a secret without a value: got %v, want ResourceNotFoundException", err)
	}
	for _, token := range []string{a, b} {
		if err := put(t, c, token, "value of "+token); err != nil {
			t.Fatal(err)
		}
	}
	// The first token again does nothing at all: it moves no label.
	if err := put(t, c, a, "value of "+a); err != nil {
		t.Errorf("same token and content: %v", err)
	}
	err = put(t, c, a, "other")
	if _, ok := errors.AsType[*types.ResourceExistsException](err); !ok {
		t.Errorf("same token, other content: got %v, want ResourceExistsException", err)
	}
	if _, _, id := s.Value("AWSCURRENT"); id != b {
		t.Errorf("AWSCURRENT is %q, want %q", id, b)
	}
	if _, _, id := s.Value("AWSPREVIOUS"); id != a {
		t.Errorf("AWSPREVIOUS is %q, want %q", id, a)
	}
	if got := s.Versions(); got != 2 {
		t.Errorf("got %d versions, want 2", got)
	}
	d, err := c.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String("team/db")})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(d.ARN) != secretARN || aws.ToString(d.Name) != "team/db" || d.VersionIdsToStages[b][0] != "AWSCURRENT" {
		t.Errorf("got %v, %v, %v", aws.ToString(d.ARN), aws.ToString(d.Name), d.VersionIdsToStages)
	}
}

func TestSecretRefusals(t *testing.T) {
	m, c := secretsManager(t)
	s := m.AddSecret(secretARN)
	token := strings.Repeat("t", 40)
	for _, tt := range []struct {
		name, token, text, want string
		before                  func()
	}{
		{"token too short", "short", "x", "InvalidParameterException", nil},
		{"too large", token, strings.Repeat("x", 65537), "ValidationException", nil},
		{"injected", token, "x", "EncryptionFailure", func() { m.Fail("PutSecretValue", "EncryptionFailure", "no key", 1) }},
		{"injected once only, then pending deletion", token, "x", "InvalidRequestException", s.Delete},
		{"gone", token, "x", "ResourceNotFoundException", s.Remove},
	} {
		if tt.before != nil {
			tt.before()
		}
		err := put(t, c, tt.token, tt.text)
		e, ok := errors.AsType[smithy.APIError](err)
		if !ok || e.ErrorCode() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestSecretReplicas(t *testing.T) {
	m, c := secretsManager(t)
	s := m.AddSecret(secretARN)
	s.Replicate("us-east-1", 2, "")
	s.Replicate("us-west-2", 0, "name taken")
	if err := put(t, c, strings.Repeat("t", 40), "x"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 3 {
		d, err := c.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String(secretARN)})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(d.ReplicationStatus[0].Status), string(d.ReplicationStatus[1].Status))
	}
	if want := "InProgress Failed InProgress Failed InSync Failed"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
