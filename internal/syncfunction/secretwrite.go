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

	"github.com/ebb7bed6/sopscdk/internal/awserror"
)

const (
	// maxLookTime is what of the time until the deadline is kept from a write, to look
	// at what became of it: a quarter, and at most this.
	maxLookTime = 3 * time.Second
	// looks is how often the secret is described after a write, for about 3 s, until
	// it shows another current version.
	looks = 6
)

// put makes a version of v that is not current, and reports whether the version has
// kept a label. A secret's first version is current at once, whatever its labels. A
// version that was put before stays as it is: the call then has no effect. A call whose
// outcome is unknown counts as done when the secret shows the version.
func (s *secretStore) put(ctx context.Context, v secretValue, id string) (labelled bool, err error) {
	s.at("writing the secret")
	in := &secretsmanager.PutSecretValueInput{
		SecretId: &s.arn, ClientRequestToken: &id, VersionStages: []string{ownStage},
		SecretString: v.text, SecretBinary: v.binary,
	}
	writing, cancel := beforeLook(ctx)
	defer cancel()
	var out *secretsmanager.PutSecretValueOutput
	lost := false // in any try
	err = s.retry(writing, "write the secret", func() error {
		var err error
		out, err = s.clients.Secrets.PutSecretValue(writing, in)
		lost = lost || err != nil && awserror.Unavailable(err)
		return err
	})
	if err == nil {
		return len(out.VersionStages) > 0, nil
	}
	if _, other := errors.AsType[*types.ResourceExistsException](err); other {
		return false, fmt.Errorf("version %q of this very request exists with other content: deploy again", id)
	}
	failure := refused(writing, "PutSecretValue", s.arn, err)
	if !lost {
		return false, failure
	}
	s.at("looking at what became of a write")
	if lookErr := s.describe(ctx); lookErr != nil {
		return false, fmt.Errorf("%w; and the secret could not be looked at afterwards (%w): whether version %q was written is not known", failure, lookErr, id)
	}
	if stages, there := s.known.VersionIdsToStages[id]; there {
		s.log.Info("written, although the answer said otherwise", "version", id)
		return len(stages) > 0, nil
	}
	return false, fmt.Errorf("%w; the secret shows no version %q afterwards, and its current version is %q; should the write still take effect, it is the secret's value only where there was none: deploy again", failure, id, s.current())
}

// moveCurrent moves AWSCURRENT from the version seen, or from none for "", to the
// version id. Secrets
// Manager refuses that when another version holds the label; this is no error, since
// the secret is looked at in any case. sure reports whether an error means that
// nothing was moved.
func (s *secretStore) moveCurrent(ctx context.Context, seen, id string) (sure bool, err error) {
	s.at("making the written version current")
	writing, cancel := beforeLook(ctx)
	defer cancel()
	in := &secretsmanager.UpdateSecretVersionStageInput{SecretId: &s.arn, VersionStage: aws.String(currentStage), MoveToVersionId: &id}
	if seen != "" {
		in.RemoveFromVersionId = &seen
	}
	lost := false // in any try
	err = s.retry(writing, "make the version current", func() error {
		_, err := s.clients.Secrets.UpdateSecretVersionStage(writing, in)
		lost = lost || err != nil && awserror.Unavailable(err)
		return err
	})
	if _, elsewhere := errors.AsType[*types.InvalidParameterException](err); elsewhere || err == nil {
		return true, nil
	}
	return !lost, refused(writing, "UpdateSecretVersionStage", s.arn, err)
}

// beforeLook returns a context for a write, which ends early enough before ctx to
// look at what became of it.
func beforeLook(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(time.Until(deadline)/4, maxLookTime)))
}

// wasCurrent reports whether the version id is known to have been current before.
func (s *secretStore) wasCurrent(id string) bool {
	return slices.Contains(s.known.VersionIdsToStages[id], previousStage)
}
