package syncfunction

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// SecretsManager is what the function calls of Secrets Manager: the three actions
// that its role needs on the secret. *secretsmanager.Client implements it.
type SecretsManager interface {
	DescribeSecret(context.Context, *secretsmanager.DescribeSecretInput, ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error)
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
	PutSecretValue(context.Context, *secretsmanager.PutSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error)
}

// describe is the secret as it stands. One that is gone, or about to be, is an
// error.
func (s *task) describe(ctx context.Context, p syncprotocol.Properties) (*secretsmanager.DescribeSecretOutput, error) {
	var d *secretsmanager.DescribeSecretOutput
	err := s.persist(ctx, "describe the secret", func() error {
		var err error
		d, err = s.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &p.SecretArn})
		return err
	})
	if _, gone := errors.AsType[*types.ResourceNotFoundException](err); gone {
		return nil, fmt.Errorf("secret %q does not exist: it was deleted outside its stack; remove it from the template or give it another name, deploy, and bring it back", p.SecretArn)
	}
	if err != nil {
		return nil, refused(ctx, "DescribeSecret", p.SecretArn, err)
	}
	if d.DeletedDate != nil {
		return nil, pendingDeletion(p.SecretArn)
	}
	return d, nil
}

func pendingDeletion(arn string) error {
	return fmt.Errorf("secret %q is pending deletion: restore it (aws secretsmanager restore-secret --secret-id %s), then deploy again", arn, arn)
}

// currentValue is the version that is AWSCURRENT, or nil where the secret has no
// value yet. Only Secrets Manager's own word counts for that: any other failure
// is an error, or a read that went wrong would pass for an empty secret.
func (s *task) currentValue(ctx context.Context, p syncprotocol.Properties) (*secretsmanager.GetSecretValueOutput, error) {
	var v *secretsmanager.GetSecretValueOutput
	err := s.persist(ctx, "read the secret", func() error {
		var err error
		v, err = s.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
			SecretId:     &p.SecretArn,
			VersionStage: aws.String(current),
		})
		return err
	})
	if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
		return nil, nil // describe found the secret itself
	}
	if err != nil {
		return nil, refused(ctx, "GetSecretValue", p.SecretArn, err)
	}
	return v, nil
}

// put writes one version. The SDK's own repetitions carry the same token, so they
// write once.
func (s *task) put(ctx context.Context, p syncprotocol.Properties, c content, token string) error {
	in := &secretsmanager.PutSecretValueInput{SecretId: &p.SecretArn, ClientRequestToken: &token}
	if c.binary {
		in.SecretBinary = c.text.Reveal()
	} else {
		in.SecretString = aws.String(string(c.text.Reveal()))
	}
	err := s.persist(ctx, "write the secret", func() error {
		_, err := s.secrets.PutSecretValue(ctx, in)
		return err
	})
	if _, other := errors.AsType[*types.ResourceExistsException](err); other {
		return fmt.Errorf("version %q of this very request exists with other content: deploy again", token)
	}
	if err != nil {
		return refused(ctx, "PutSecretValue", p.SecretArn, err)
	}
	return nil
}
