package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

const (
	// currentStage is the staging label of the version that readers get.
	currentStage = "AWSCURRENT"
	// previousStage is the staging label of the version that was current before.
	previousStage = "AWSPREVIOUS"
	// ownStage is the staging label that a version gets when it is put, so that
	// AWSCURRENT stays where it is. It is not AWSPENDING, which belongs to rotation.
	// It means nothing else, and the next version takes it.
	ownStage = "SOPSSYNC"
)

// secretStore is a secret in Secrets Manager.
type secretStore struct {
	*task
	arn string
	// known is the secret as it was last described.
	known *secretsmanager.DescribeSecretOutput
	// held is the current value as it was last read.
	held secretValue
}

// look implements store.
func (s *secretStore) look(ctx context.Context) error {
	if err := s.describe(ctx); err != nil {
		return err
	}
	return s.read(ctx)
}

// forget implements store.
func (s *secretStore) forget() { s.held.clear() }

// settle implements store.
func (s *secretStore) settle(ctx context.Context, version string) (map[string]string, error) {
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
		return fmt.Errorf("secret %q does not exist in this account and region: check the name of one that is adopted; one that this stack made was deleted outside of it: remove it from the template or give it another name, deploy, and bring it back", s.arn)
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

// read reads the current value into held. Only Secrets Manager's own word counts for
// a secret without a value: any other failure is an error, or a read that went wrong
// would pass for an empty secret.
func (s *secretStore) read(ctx context.Context) error {
	s.held.clear()
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
		return nil // describe found the secret itself
	}
	if err != nil {
		return refused(ctx, "GetSecretValue", s.arn, err)
	}
	s.held = secretValue{version: aws.ToString(v.VersionId), text: v.SecretString, binary: v.SecretBinary}
	return nil
}

// current returns the id of the version that is AWSCURRENT, or "" where none is.
func (s *secretStore) current() string {
	for id, stages := range s.known.VersionIdsToStages {
		if slices.Contains(stages, currentStage) {
			return id
		}
	}
	return ""
}

// shows describes the secret until its current version is another than seen.
// Secrets Manager may take a moment to show what it was told. It returns the current
// version, which is seen after all when that was shown as often as tries says, or until
// ctx ended.
func (s *secretStore) shows(ctx context.Context, seen string, tries int) (string, error) {
	pause := 100 * time.Millisecond
	for try := 1; ; try++ {
		err := s.describe(ctx)
		switch {
		case err != nil && ctx.Err() != nil && try > 1:
			return seen, nil
		case err != nil:
			return "", err
		}
		if is := s.current(); is != seen || try == tries {
			return is, nil
		}
		if err := sleep(ctx, pause); err != nil {
			return seen, nil
		}
		pause *= 2
	}
}
