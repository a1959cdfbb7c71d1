package syncfunction

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

type panicking struct{ SecretsManager }

func (panicking) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	panic("AGE-SECRET-KEY-1HIDDEN")
}

// Places are read in goroutines of package masterkey: a panic there must not end
// the process.
func TestPanicOfAPlace(t *testing.T) {
	var log strings.Builder
	s := &task{Handler: &Handler{clients: Clients{Secrets: panicking{}}}, log: slog.New(slog.NewTextHandler(&log, nil))}
	places := s.identityPlaces([]syncprotocol.AgeIdentity{{SecretArn: "arn"}})
	text, err := places[0].Read(t.Context())
	if text != nil || err == nil || !strings.Contains(err.Error(), "panicked at") {
		t.Errorf("got %q, %v", text, err)
	}
	if strings.Contains(log.String()+err.Error(), "HIDDEN") {
		t.Errorf("the panic's value can be read: %v\n%s", err, log.String())
	}
}

func TestParameterARN(t *testing.T) {
	for stack, want := range map[string]string{
		"arn:aws-cn:cloudformation:cn-north-1:111122223333:stack/S/guid": "arn:aws-cn:ssm:cn-north-1:111122223333:parameter/",
		"no ARN": "arn:aws:ssm:REGION:ACCOUNT:parameter/",
	} {
		s := &task{event: event{stackID: stack}}
		for _, name := range []string{"sops/age", "/sops/age"} {
			if got := s.parameterARN(name); got != want+"sops/age" {
				t.Errorf("got %s, want %ssops/age", got, want)
			}
		}
		if arn := "arn:aws:ssm:eu-west-1:444455556666:parameter/shared"; s.parameterARN(arn) != arn {
			t.Errorf("got %s of an ARN", s.parameterARN(arn))
		}
	}
}
