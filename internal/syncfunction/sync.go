package syncfunction

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

const (
	requestCreate = "Create"
	requestUpdate = "Update"
	requestDelete = "Delete"
)

// current is the staging label of the version that readers get.
const current = "AWSCURRENT"

// clockSkew is how much newer than the request a version must be to have been
// written after it. The request's date has whole seconds.
const clockSkew = 2 * time.Second

// task is one event being worked on.
type task struct {
	*Handler
	event event
	log   *slog.Logger
	start time.Time
	step  atomic.Pointer[string]
}

// at notes what is being done now, for the message of a deadline.
func (s *task) at(step string) { s.step.Store(&step) }

// run does what the event asks for and returns the resource's attributes.
func (s *task) run(ctx context.Context) (map[string]string, error) {
	switch s.event.requestType {
	case requestCreate, requestUpdate:
	case requestDelete:
		// The secret is CloudFormation's own resource, or it is not ours at all.
		s.log.Info("nothing to do: the secret and its versions stay as they are")
		return nil, nil
	default:
		return nil, errors.New("malformed event: its RequestType is none of Create, Update and Delete")
	}
	p, err := s.event.readProperties()
	if err != nil {
		return nil, err
	}
	if err := check(p); err != nil {
		return nil, err
	}
	s.log = s.log.With("secret", p.SecretArn, "file", p.FileName)
	text, err := s.render(ctx, p)
	if err != nil {
		return nil, err
	}
	return s.store(ctx, p, text)
}

// store makes text the secret's current value, unless it is that already.
func (s *task) store(ctx context.Context, p syncprotocol.Properties, text content) (map[string]string, error) {
	s.at("looking at the secret")
	d, err := s.describe(ctx, p)
	if err != nil {
		return nil, err
	}
	token := s.event.token()
	s.at("reading the secret's current value")
	now, err := s.currentValue(ctx, p)
	switch {
	case err != nil:
		return nil, err
	case now != nil && text.equal(now):
		version := aws.ToString(now.VersionId)
		s.log.Info("unchanged: no new version", "version", version)
		return attributes(d, version), s.replicated(ctx, p, d)
	}
	if err := s.superseded(d, now, token); err != nil {
		return nil, err
	}
	s.at("writing the secret")
	if err := s.put(ctx, p, text, token); err != nil {
		return nil, err
	}
	s.at("checking that the written version is current")
	d, err = s.becameCurrent(ctx, p, token)
	if err != nil {
		return nil, err
	}
	s.log.Info("written", "version", token)
	return attributes(d, token), s.replicated(ctx, p, d)
}

func attributes(d *secretsmanager.DescribeSecretOutput, version string) map[string]string {
	return map[string]string{
		syncprotocol.AttrSecretArn:  aws.ToString(d.ARN),
		syncprotocol.AttrSecretName: aws.ToString(d.Name),
		syncprotocol.AttrVersionID:  version,
	}
}

// superseded refuses a request that was delivered again after a later one took
// its place: written now, it would undo that later one. Two things show it. The
// version of this request exists and is not current (Secrets Manager would ignore
// the write). Or the current version is younger than this request; that also
// covers a first delivery that found nothing to write, and so left no version.
func (s *task) superseded(d *secretsmanager.DescribeSecretOutput, now *secretsmanager.GetSecretValueOutput, token string) error {
	if _, there := d.VersionIdsToStages[token]; there && labelled(d) != token {
		return fmt.Errorf("version %q of this very request exists, and a later one took its place: nothing was written", token)
	}
	issued := s.event.issued()
	if now == nil || now.CreatedDate == nil || issued.IsZero() || now.CreatedDate.Sub(issued) < clockSkew {
		return nil
	}
	return fmt.Errorf("the secret was written after this request was made (version %q): nothing was written; deploy again to make the file's content current",
		aws.ToString(now.VersionId))
}

// becameCurrent waits until version is AWSCURRENT. Secrets Manager may take a
// moment to show what it was told.
func (s *task) becameCurrent(ctx context.Context, p syncprotocol.Properties, version string) (*secretsmanager.DescribeSecretOutput, error) {
	pause := 100 * time.Millisecond
	for try := 1; ; try++ {
		d, err := s.describe(ctx, p)
		if err != nil {
			return nil, err
		}
		is := labelled(d)
		if is == version {
			return d, nil
		}
		if try == 6 || sleep(ctx, pause) != nil { // after about 3 s
			return nil, fmt.Errorf("the secret's current version is %q and not %q, this request's: something else writes this secret, or a later request took this one's place; deploy again to make the file's content current", is, version)
		}
		pause *= 2
	}
}

// labelled is the id of the version that is AWSCURRENT; "" where none is.
func labelled(d *secretsmanager.DescribeSecretOutput) string {
	for id, stages := range d.VersionIdsToStages {
		for _, stage := range stages {
			if stage == current {
				return id
			}
		}
	}
	return ""
}

// content is what is to be stored.
type content struct {
	text   plaintext.Text
	binary bool // as SecretBinary, otherwise as SecretString
}

func (c content) equal(v *secretsmanager.GetSecretValueOutput) bool {
	if c.binary {
		return v.SecretString == nil && bytes.Equal(v.SecretBinary, c.text.Reveal())
	}
	return v.SecretString != nil && *v.SecretString == string(c.text.Reveal())
}
