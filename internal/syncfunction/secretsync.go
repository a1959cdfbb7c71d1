package syncfunction

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ebb7bed6/sopscdk/internal/render"
)

// maxRounds bounds how often a request tries to become current. Each try but the last
// was refused because another version had become current in between.
const maxRounds = 6

// firstLooks is how often the secret is described after its first version was put, for
// about 0.3 s, before the label is attached by a call. (Stand-ins of AWS need that.)
const firstLooks = 3

// write implements store. CloudFormation may send a request while an earlier one of
// the same resource still runs. The value of the last one must win, so a version is
// put without becoming current, and AWSCURRENT is moved only from the version that was
// looked at: whoever looked earlier is refused, and looks again.
//
// A value that is there already is written once more, unless same returns true: an
// earlier request may be about to replace it, and only a later version stops that one.
func (s *secretStore) write(ctx context.Context, c render.Content, same func() bool) (string, error) {
	if err := s.checkRotation(); err != nil {
		return "", err
	}
	id := s.event.versionID()
	now, put := s.current(), false
	for round := 1; ; round++ {
		order := compare(now, id)
		switch {
		case order == mine:
			s.log.Info("written", "version", id)
			return id, nil
		case order == later:
			return "", s.superseded(now)
		case order == even && s.wasCurrent(id):
			return "", s.replaced(now, id)
		case round > maxRounds:
			return "", fmt.Errorf("the secret's current version is %q and not %q, this request's, after %d tries: something else writes this secret at the same time; deploy again to make the file's content current", now, id, maxRounds)
		}
		if round > 1 {
			if err := s.read(ctx); err != nil {
				return "", err
			}
		}
		if now != "" && s.held.version == now && s.held.holds(c) && same() {
			s.log.Info("unchanged: no new version", "version", now)
			return now, nil
		}
		if !put {
			labelled, err := s.put(ctx, valueOf(c), id)
			if err != nil {
				return "", err
			}
			if order == even && !labelled {
				return "", s.replaced(now, id)
			}
			put = true
		}
		var err error
		if now, err = s.takeOver(ctx, now, id); err != nil {
			return "", err
		}
	}
}

// checkRotation refuses to take over a secret that rotates by itself: the file's value
// would take the place of the one that the rotation has given to a database or another
// service. A secret that this function has filled before is not refused, since a rollback
// must not fail.
func (s *secretStore) checkRotation() error {
	if !aws.ToBool(s.known.RotationEnabled) || s.current() == "" {
		return nil
	}
	for id, stages := range s.known.VersionIdsToStages {
		if dateOf(id) != "" || slices.Contains(stages, ownStage) {
			s.log.Warn("the secret rotates by itself, and the file undoes each rotation")
			return nil
		}
	}
	return fmt.Errorf("secret %q rotates by itself, and the file would undo each rotation: leave it to its rotation and read it as an imported secret; or, to keep its value in the file, stop the rotation (aws secretsmanager cancel-rotate-secret --secret-id %s), then deploy again", s.arn, s.arn)
}

// takeOver makes the version id current if seen still is, and returns the version that
// is current afterwards. A failure whose effect is unknown counts only when the
// version has not become current.
func (s *secretStore) takeOver(ctx context.Context, seen, id string) (string, error) {
	if seen == "" {
		// The version was the first, which Secrets Manager makes current by itself.
		if now, err := s.shows(ctx, seen, firstLooks); err != nil || now != "" {
			return now, err
		}
	}
	sure, failure := s.moveCurrent(ctx, seen, id)
	if failure != nil && sure {
		return "", failure
	}
	s.at("checking that the written version is current")
	now, err := s.shows(ctx, seen, looks)
	switch {
	case failure == nil || err == nil && now != seen:
		return now, err
	case err != nil:
		return "", fmt.Errorf("%w; and the secret could not be looked at afterwards (%w): whether version %q became current is not known", failure, err, id)
	}
	return "", fmt.Errorf("%w; the secret's current version is still %q, and %q may become current after all: deploy again", failure, now, id)
}

// superseded says that a later request has written the secret.
func (s *secretStore) superseded(now string) error {
	return fmt.Errorf("superseded: the secret's current version %q was written for a later request than this one of %s, so its value stays; nothing is to be done for this request; deploy again to make this file's content current", now, s.event.issued())
}

// replaced says that another request has taken this one's place, where their dates do
// not tell which is later.
func (s *secretStore) replaced(now, id string) error {
	return fmt.Errorf("superseded: version %q of this very request exists, and a later one took its place (version %q), whose value stays; deploy again to make this file's content current", id, now)
}

// valueOf returns c as Secrets Manager takes it.
func valueOf(c render.Content) secretValue {
	if c.Binary {
		return secretValue{binary: c.Text.Reveal()}
	}
	return secretValue{text: aws.String(string(c.Text.Reveal()))}
}
