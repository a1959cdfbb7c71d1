package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// How long a refused call is repeated is seconds to minutes, so these tests stand
// inside the package, where the clock can be a false one.

func TestRetry(t *testing.T) {
	denial := &smithy.GenericAPIError{Code: "AccessDeniedException"}
	other := errors.New("other")
	keys := &sopsfile.KeyError{Attempts: []sopsfile.Attempt{
		{Err: errors.New("the key is disabled")}, {Err: fmt.Errorf("%w: x may not kms:Decrypt", masterkey.ErrAccessDenied)},
	}}
	outage := &sopsfile.KeyError{Attempts: []sopsfile.Attempt{
		{Err: errors.New("the key is disabled")}, {Err: fmt.Errorf("%w: no answer", masterkey.ErrUnavailable)},
	}}
	both := &sopsfile.KeyError{Attempts: append(outage.Attempts, keys.Attempts...)}
	slowDown := &smithy.GenericAPIError{Code: "SlowDown"}
	quota := &smithy.GenericAPIError{Code: "LimitExceededException"}
	inside := failed500()
	cut := &smithyhttp.RequestSendError{Err: errors.New("cut")}
	for _, tt := range []struct {
		name           string
		deadline       time.Duration
		err            error
		passes         int // the try that has another end than err
		then           error
		want           error
		least, longest time.Duration
	}{
		{"success at once", 10 * time.Minute, nil, 99, nil, nil, 0, 0},
		{"success in the end", 10 * time.Minute, denial, 5, nil, nil, 7 * time.Second, 12 * time.Second},
		{"a key's denial passes", 10 * time.Minute, keys, 3, nil, nil, time.Second, 3 * time.Second},
		{"denied for good", 10 * time.Minute, denial, 99, nil, denial, 50 * time.Second, accessWindow},
		{"denied until the deadline", 10 * time.Second, denial, 99, nil, denial, 4 * time.Second, 10 * time.Second},
		{"slow down for good", 10 * time.Minute, slowDown, 99, nil, slowDown, 50 * time.Second, accessWindow},
		{"a quota", 10 * time.Minute, quota, 99, nil, quota, 0, 0},
		{"an outage of a key passes", 10 * time.Minute, outage, 3, nil, nil, time.Second, 3 * time.Second},
		{"an outage for good", 10 * time.Minute, outage, 99, nil, outage, 20 * time.Second, outageWindow},
		{"an outage until the deadline", 10 * time.Second, outage, 99, nil, outage, 4 * time.Second, 10 * time.Second},
		{"one key denied and one down", 10 * time.Minute, both, 99, nil, both, 50 * time.Second, accessWindow},
		{"another failure", 10 * time.Minute, other, 99, nil, other, 0, 0},
		{"another failure later", 10 * time.Minute, denial, 3, other, other, time.Second, 3 * time.Second},
		{"a failure inside passes", 10 * time.Minute, inside, 4, nil, nil, 3 * time.Second, 6 * time.Second},
		{"a failure inside for good", 10 * time.Minute, inside, 99, nil, inside, 20 * time.Second, outageWindow},
		{"a cut connection passes", 10 * time.Minute, cut, 4, nil, nil, 3 * time.Second, 6 * time.Second},
		{"no time", 300 * time.Millisecond, denial, 99, nil, denial, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
				defer cancel()
				s := &task{log: slog.New(slog.DiscardHandler), start: time.Now()}
				tries := 0
				err := s.retry(ctx, "try", func() error {
					if tries++; tries >= tt.passes {
						return tt.then
					}
					return tt.err
				})
				if err != tt.want {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if took := time.Since(s.start); took < tt.least || took > tt.longest {
					t.Errorf("took %v, want between %v and %v", took, tt.least, tt.longest)
				}
			})
		})
	}
}

// A deadline that passes in a later try does not hide what AWS said before.
func TestRetryKeepsTheRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		denial := &smithy.GenericAPIError{Code: "AccessDenied"}
		s := &task{log: slog.New(slog.DiscardHandler), start: time.Now()}
		first := true
		err := s.retry(ctx, "try", func() error {
			if first {
				first = false
				return denial
			}
			<-ctx.Done()
			return ctx.Err()
		})
		if err != error(denial) {
			t.Errorf("got %v, want the refusal", err)
		}
	})
}
