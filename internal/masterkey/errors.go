package masterkey

import "errors"

// What an attempt may wrap that can go away by itself: a permission that was just
// granted takes a while to be seen everywhere, and a disturbance of a service or of
// the way to it ends.
var (
	// ErrAccessDenied: KMS or STS does not let the caller.
	ErrAccessDenied = errors.New("access denied")
	// ErrThrottled: KMS or STS has had too many requests, after all retries.
	ErrThrottled = errors.New("throttling")
	// ErrUnavailable: KMS or STS gave no answer within the timeout, could not be
	// reached, or had a failure of its own, after all retries.
	ErrUnavailable = errors.New("unavailable")
)

// What decides whether another region is asked for the same key.
var (
	// errNoKey: KMS has no such key.
	errNoKey = errors.New("no such key")
	// errRoleDenied: STS does not let the caller assume the role, in any region.
	errRoleDenied = errors.New("role denied")
)

// wordedError has a text of its own, and wraps what is behind it, so that what may
// pass is known.
type wordedError struct {
	text   string
	causes []error
}

func (e *wordedError) Error() string   { return e.text }
func (e *wordedError) Unwrap() []error { return e.causes }
