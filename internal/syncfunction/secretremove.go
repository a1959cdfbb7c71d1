package syncfunction

import (
	"context"
	"errors"
	"strings"
	"time"
)

// remove implements store. The secret is CloudFormation's own resource, or it is
// defined outside the stack, so its values stay.
//
// A Create that was never answered has no physical id of ours. It may still run, and
// would write a secret outside the stack after the stack is gone: such a Delete stops
// it. Whatever goes wrong there does not fail the Delete, since it would keep the stack
// from being deleted.
func (s *secretStore) remove(ctx context.Context) error {
	switch {
	case strings.HasPrefix(s.event.physicalResourceID, physicalIDPrefix):
		s.log.Info("nothing to do: the secret and its versions stay as they are")
		return nil
	case s.event.issued() == "":
		s.log.Warn("a Create that was never answered may still write: this Delete has no date")
		return nil
	}
	ctx, cancel := beforeLook(ctx) // and the answer stays in time
	defer cancel()
	defer s.forget()
	if _, err := s.outrank(ctx); err != nil {
		s.log.Warn("a Create that was never answered may still write", "reason", printable(err.Error()))
	}
	return nil
}

// keep implements store.
func (s *secretStore) keep(ctx context.Context) (string, error) {
	if s.event.issued() != "" {
		return s.outrank(ctx)
	}
	if err := s.describe(ctx); err != nil {
		return "", err
	}
	return s.current(), nil
}

// outrank makes a version that is later than every request before this one, with the
// value that is current. A request before this one then finds itself superseded. A
// secret without a value stays as it is: no version can say that there is none.
//
// The id depends on the version that is copied, because each has its own value and a
// version cannot be changed. It returns the version that is current then.
func (s *secretStore) outrank(ctx context.Context) (string, error) {
	s.at("looking at the secret")
	for round := 1; round <= maxRounds; round++ {
		if err := s.look(ctx); err != nil {
			return "", err
		}
		if err := s.checkRotation(); err != nil { // no request has written it, or will
			return "", err
		}
		now := s.current()
		if now == "" {
			return "", errors.New("the secret has no value yet")
		}
		if s.held.version == now && !s.outranked(now) {
			id := s.event.versionID(now)
			if _, err := s.put(ctx, s.held, id); err != nil {
				return "", err
			}
			var err error
			if now, err = s.takeOver(ctx, now, id); err != nil {
				return "", err
			}
		}
		if s.outranked(now) {
			s.log.Info("no request before this one writes any more", "version", now)
			return now, nil
		}
		if err := sleep(ctx, time.Duration(round)*100*time.Millisecond); err != nil {
			return "", err
		}
	}
	return "", errors.New("something else writes the secret at the same time")
}

// outranked reports whether the version now is later than every request before this
// one.
func (s *secretStore) outranked(now string) bool { return dateOf(now) >= s.event.issued() }
