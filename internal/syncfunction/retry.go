package syncfunction

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	// accessWindow is how long after the event's arrival a call that is denied or
	// throttled is tried again. IAM takes seconds, rarely up to a minute, until a
	// policy that was just made or changed is seen everywhere, and the function's
	// own policy is often made moments before its first event.
	accessWindow = 60 * time.Second
	// outageWindow is the same for keys and services that failed, gave no answer or
	// could not be reached: most disturbances of a service are shorter, and a deploy that must fail for one
	// should not take much longer for it.
	outageWindow = 30 * time.Second
	// patientTimeout bounds a KMS entry in every try but the first, which gives up
	// soon for the sake of the other keys: none of them helped.
	patientTimeout = 5 * time.Second
	firstPause     = 500 * time.Millisecond
	longestPause   = 5 * time.Second
	// lastTry is what must remain until the deadline for another try to be worth
	// it.
	lastTry = 500 * time.Millisecond
)

// retry calls call, and again while AWS denies or throttles it or fails, or cannot be
// reached, and there is time. The error is the last that AWS gave: a deadline that
// passes in a later try does not hide it.
func (s *task) retry(ctx context.Context, what string, call func() error) error {
	var refusal error
	pause := firstPause
	for try := 1; ; try++ {
		err := call()
		window := passes(err)
		switch {
		case err == nil:
			return nil
		case refusal != nil && ctx.Err() != nil:
			return refusal
		case window == 0 || s.once:
			return err
		}
		refusal = err
		// A third of chance keeps the functions of one deploy apart.
		wait := pause + time.Duration(rand.Int64N(int64(pause/3)))
		if time.Since(s.start)+wait > window {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait+lastTry {
			return err
		}
		s.log.Warn("failed, will try again", "to", what, "try", try, "code", failureCode(err))
		if sleep(ctx, wait) != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// passes returns how long after the event's arrival err may still go away by itself; 0
// where it will not.
func passes(err error) time.Duration {
	var window time.Duration
	if keys, ok := errors.AsType[*sopsfile.KeyError](err); ok {
		for _, a := range keys.Attempts {
			switch {
			case errors.Is(a.Err, masterkey.ErrAccessDenied), errors.Is(a.Err, masterkey.ErrThrottled):
				return accessWindow
			case errors.Is(a.Err, masterkey.ErrUnavailable):
				window = outageWindow
			}
		}
	} else if awserror.Denied(err) || awserror.Throttled(err) {
		window = accessWindow
	} else if _, unsent := errors.AsType[*smithyhttp.RequestSendError](err); unsent || awserror.Answered(err) && awserror.Unavailable(err) {
		window = outageWindow
	}
	return window
}

// failureCode returns what a log may say of err.
func failureCode(err error) string {
	if _, ok := errors.AsType[*sopsfile.KeyError](err); ok {
		return "of the master keys"
	}
	return cmp.Or(awserror.Code(err), "no answer")
}

// sleep waits for d, or returns ctx's error when that is done first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
