package masterkey

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	// sessionWindow is how long before their end credentials count as expired.
	sessionWindow = time.Minute
	// sharedWait is how long an entry waits for what another region's STS was asked: less
	// than after which the next entry is tried, so that a region that is down delays none.
	sharedWait = 500 * time.Millisecond
)

// roleSession is a session of one role. Its credentials are good in every region, so the
// STS of one is asked, and of another only if that one does not answer or refuses.
type roleSession struct {
	mu          sync.Mutex
	credentials aws.Credentials      // zero until a call succeeded
	running     map[string]*roleCall // by region
}

// roleCall is one call to STS. What it had is set before done is closed.
type roleCall struct {
	since       time.Time
	done        chan struct{}
	credentials aws.Credentials
	err         error
}

// in returns the session's credentials for a region. assume asks that region's STS for
// them; it is not cancelled with ctx, since others may wait for it too.
func (s *roleSession) in(ctx context.Context, region string, assume func(context.Context) (aws.Credentials, error)) (aws.Credentials, error) {
	s.waitElsewhere(ctx, region)
	s.mu.Lock()
	if usable(s.credentials) {
		defer s.mu.Unlock()
		return s.credentials, nil
	}
	call := s.running[region]
	if call == nil {
		call = &roleCall{since: time.Now(), done: make(chan struct{})}
		if s.running == nil {
			s.running = map[string]*roleCall{}
		}
		s.running[region] = call
		go s.run(context.WithoutCancel(ctx), region, call, assume)
	}
	s.mu.Unlock()
	select {
	case <-call.done:
		return call.credentials, call.err
	case <-ctx.Done():
		return aws.Credentials{}, ctx.Err()
	}
}

func (s *roleSession) run(ctx context.Context, region string, call *roleCall, assume func(context.Context) (aws.Credentials, error)) {
	call.credentials, call.err = assume(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if call.err == nil {
		s.credentials = call.credentials
	}
	delete(s.running, region)
	close(call.done)
}

// waitElsewhere waits for the answer of another region that was asked a moment ago.
func (s *roleSession) waitElsewhere(ctx context.Context, region string) {
	s.mu.Lock()
	var elsewhere *roleCall // the last one
	for in, call := range s.running {
		if in != region && (elsewhere == nil || call.since.After(elsewhere.since)) {
			elsewhere = call
		}
	}
	has := usable(s.credentials) || s.running[region] != nil
	s.mu.Unlock()
	if has || elsewhere == nil {
		return
	}
	timer := time.NewTimer(time.Until(elsewhere.since.Add(sharedWait)))
	defer timer.Stop()
	select {
	case <-elsewhere.done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// usable reports whether there are credentials that do not end soon.
func usable(c aws.Credentials) bool {
	return c.HasKeys() && (!c.CanExpire || time.Now().Add(sessionWindow).Before(c.Expires))
}
