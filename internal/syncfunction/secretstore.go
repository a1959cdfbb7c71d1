package syncfunction

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// currentStage is the staging label of the version that readers get.
const currentStage = "AWSCURRENT"

// secretStore is a secret in Secrets Manager.
type secretStore struct {
	*task
	arn string
	// known is the secret as it was last described; nil before that and after a
	// write.
	known *secretsmanager.DescribeSecretOutput
}

// current implements store. Only Secrets Manager's own word counts for a secret
// without a value: any other failure is an error, or a read that went wrong would
// pass for an empty secret.
func (s *secretStore) current(ctx context.Context) (state, error) {
	s.at("looking at the secret")
	if err := s.describe(ctx); err != nil {
		return state{}, err
	}
	versions, labelled := s.known.VersionIdsToStages, s.labelled()
	now := state{replaced: func(id string) bool {
		_, there := versions[id]
		return there && labelled != id
	}}
	s.at("reading the secret's current value")
	var v *secretsmanager.GetSecretValueOutput
	err := s.retry(ctx, "read the secret", func() error {
		var err error
		v, err = s.clients.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
			SecretId:     &s.arn,
			VersionStage: aws.String(currentStage),
		})
		return err
	})
	if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
		return now, nil // describe found the secret itself
	}
	if err != nil {
		return state{}, refused(ctx, "GetSecretValue", s.arn, err)
	}
	now.version, now.created = aws.ToString(v.VersionId), aws.ToTime(v.CreatedDate)
	now.holds = func(c render.Content) bool {
		if c.Binary {
			return v.SecretString == nil && bytes.Equal(v.SecretBinary, c.Text.Reveal())
		}
		return v.SecretString != nil && *v.SecretString == string(c.Text.Reveal())
	}
	return now, nil
}

// write implements store. The SDK's own repetitions carry the same id, so they write
// once.
func (s *secretStore) write(ctx context.Context, c render.Content, id string) error {
	s.at("writing the secret")
	in := &secretsmanager.PutSecretValueInput{SecretId: &s.arn, ClientRequestToken: &id}
	if c.Binary {
		in.SecretBinary = c.Text.Reveal()
	} else {
		in.SecretString = aws.String(string(c.Text.Reveal()))
	}
	s.known = nil
	err := s.retry(ctx, "write the secret", func() error {
		_, err := s.clients.Secrets.PutSecretValue(ctx, in)
		return err
	})
	if _, other := errors.AsType[*types.ResourceExistsException](err); other {
		return fmt.Errorf("version %q of this very request exists with other content: deploy again", id)
	}
	if err != nil {
		return refused(ctx, "PutSecretValue", s.arn, err)
	}
	return nil
}

// settle implements store.
func (s *secretStore) settle(ctx context.Context, version string) (map[string]string, error) {
	if s.known == nil {
		s.at("checking that the written version is current")
		if err := s.becameCurrent(ctx, version); err != nil {
			return nil, err
		}
	}
	s.at("waiting for the secret's replicas")
	if err := s.replicated(ctx); err != nil {
		return nil, err
	}
	return map[string]string{
		syncprotocol.AttrArn:       aws.ToString(s.known.ARN),
		syncprotocol.AttrName:      aws.ToString(s.known.Name),
		syncprotocol.AttrVersionID: version,
	}, nil
}

// remove implements store. The secret is CloudFormation's own resource, or it is
// defined outside the stack.
func (s *secretStore) remove(context.Context) error {
	s.log.Info("nothing to do: the secret and its versions stay as they are")
	return nil
}

// becameCurrent waits until version is AWSCURRENT. Secrets Manager may take a
// moment to show what it was told.
func (s *secretStore) becameCurrent(ctx context.Context, version string) error {
	pause := 100 * time.Millisecond
	for try := 1; ; try++ {
		if err := s.describe(ctx); err != nil {
			return err
		}
		is := s.labelled()
		if is == version {
			return nil
		}
		if try == 6 || sleep(ctx, pause) != nil { // after about 3 s
			return fmt.Errorf("the secret's current version is %q and not %q, this request's: something else writes this secret, or a later request took this one's place; deploy again to make the file's content current", is, version)
		}
		pause *= 2
	}
}

// labelled returns the id of the version that is AWSCURRENT, or "" where none is.
func (s *secretStore) labelled() string {
	for id, stages := range s.known.VersionIdsToStages {
		if slices.Contains(stages, currentStage) {
			return id
		}
	}
	return ""
}

// describe reads the secret's description into known. A secret that is gone, or
// about to be, is an error.
func (s *secretStore) describe(ctx context.Context) error {
	var d *secretsmanager.DescribeSecretOutput
	err := s.retry(ctx, "describe the secret", func() error {
		var err error
		d, err = s.clients.Secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &s.arn})
		return err
	})
	if _, gone := errors.AsType[*types.ResourceNotFoundException](err); gone {
		return fmt.Errorf("secret %q does not exist: it was deleted outside its stack; remove it from the template or give it another name, deploy, and bring it back", s.arn)
	}
	if err != nil {
		return refused(ctx, "DescribeSecret", s.arn, err)
	}
	if d.DeletedDate != nil {
		return pendingDeletion(s.arn)
	}
	s.known = d
	return nil
}
