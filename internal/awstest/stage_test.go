package awstest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

// move calls UpdateSecretVersionStage and returns the code of its refusal.
func move(t *testing.T, c *secretsmanager.Client, stage, from, to string) string {
	t.Helper()
	in := &secretsmanager.UpdateSecretVersionStageInput{SecretId: aws.String(secretARN), VersionStage: &stage}
	if from != "" {
		in.RemoveFromVersionId = &from
	}
	if to != "" {
		in.MoveToVersionId = &to
	}
	_, err := c.UpdateSecretVersionStage(t.Context(), in)
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return ""
}

// putWith makes a version with labels.
func putWith(t *testing.T, c *secretsmanager.Client, token, text string, stages ...string) []string {
	t.Helper()
	out, err := c.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(secretARN), ClientRequestToken: &token, SecretString: &text, VersionStages: stages,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.VersionStages
}

// labels returns the labels of every version that has one.
func labels(t *testing.T, c *secretsmanager.Client) string {
	t.Helper()
	d, err := c.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String(secretARN)})
	if err != nil {
		t.Fatal(err)
	}
	short := map[string][]string{}
	for id, stages := range d.VersionIdsToStages {
		short[id[:1]] = stages
	}
	return strings.TrimPrefix(fmt.Sprint(short), "map")
}

func TestVersionStages(t *testing.T) {
	m, c := secretsManager(t)
	s := m.AddSecret(secretARN)
	a, b, x := strings.Repeat("a", 32), strings.Repeat("b", 32), strings.Repeat("x", 32)

	// The first version is current, whatever label it is put with.
	if got := putWith(t, c, a, "1", "OWN"); strings.Join(got, " ") != "OWN AWSCURRENT" {
		t.Errorf("the first version has %q", got)
	}
	putWith(t, c, b, "2", "OWN")
	if got := labels(t, c); got != "[a:[AWSCURRENT] b:[OWN]]" {
		t.Errorf("after a put with a label of its own: %s", got)
	}
	for _, tt := range []struct{ stage, from, to, want string }{
		{"AWSCURRENT", "", b, "InvalidParameterException"},
		{"AWSCURRENT", b, b, "InvalidParameterException"},
		{"AWSCURRENT", x, b, "InvalidParameterException"},
		{"AWSCURRENT", a, x, "ResourceNotFoundException"},
		{"AWSCURRENT", a, "", "InvalidParameterException"},
		{"AWSCURRENT", "", "", "InvalidParameterException"},
		{"NOBODYS", a, b, "InvalidParameterException"},
		{"AWSCURRENT", a, b, ""},
		{"AWSCURRENT", a, b, "InvalidParameterException"}, // it is not there any more
		{"AWSCURRENT", "", b, ""},                         // it has it
	} {
		if got := move(t, c, tt.stage, tt.from, tt.to); got != tt.want {
			t.Errorf("%s from %.1q to %.1q: got %q, want %q", tt.stage, tt.from, tt.to, got, tt.want)
		}
	}
	if got := labels(t, c); got != "[a:[AWSPREVIOUS] b:[OWN AWSCURRENT]]" {
		t.Errorf("after the move: %s", got)
	}
	// A version without a label is not listed, and can get one again.
	putWith(t, c, strings.Repeat("c", 32), "3")
	if got := labels(t, c); got != "[b:[OWN AWSPREVIOUS] c:[AWSCURRENT]]" {
		t.Errorf("after a third version: %s", got)
	}
	if got := putWith(t, c, a, "1", "OWN"); len(got) != 0 {
		t.Errorf("a version that was put again got labels: %q", got)
	}
	if got := move(t, c, "AWSCURRENT", strings.Repeat("c", 32), a); got != "" {
		t.Errorf("a version without a label cannot become current: %s", got)
	}
	if got := move(t, c, "OWN", b, ""); got != "" {
		t.Errorf("a label cannot be removed: %s", got)
	}
	if got := labels(t, c); got != "[a:[AWSCURRENT] c:[AWSPREVIOUS]]" {
		t.Errorf("in the end: %s", got)
	}
	for i := range 19 {
		if got := move(t, c, fmt.Sprint("L", i), "", a); got != "" {
			t.Fatalf("label %d: %s", i+2, got)
		}
	}
	if got := move(t, c, "ONE-MORE", "", a); got != "LimitExceededException" {
		t.Errorf("a 21st label: got %q", got)
	}
	s.Delete()
	if got := move(t, c, "AWSCURRENT", a, b); got != "InvalidRequestException" {
		t.Errorf("of a secret to be deleted: got %q", got)
	}
}

// A lost answer is one of a request that was carried out.
func TestLose(t *testing.T) {
	for name, how := range map[string]error{"500": awstest.ErrLostAsStatus, "cut": awstest.ErrLostCut} {
		m, c := secretsManager(t)
		s := m.AddSecret(secretARN)
		m.Lose("PutSecretValue", how, 1)
		if err := put(t, c, strings.Repeat("a", 32), "x"); err == nil {
			t.Errorf("%s: no error", name)
		}
		if got, _, _ := s.Value("AWSCURRENT"); string(got) != "x" {
			t.Errorf("%s: the secret holds %q", name, got)
		}
		if err := put(t, c, strings.Repeat("a", 32), "x"); err != nil {
			t.Errorf("%s: then: %v", name, err)
		}
	}
}
