package masterkey

import "errors"

// What an attempt may wrap that can go away by itself: a permission that was just
// granted takes a while to be seen everywhere.
var (
	// ErrAccessDenied: KMS or STS does not let the caller.
	ErrAccessDenied = errors.New("access denied")
	// ErrThrottled: KMS or STS has had too many requests, after all retries.
	ErrThrottled = errors.New("throttling")
)
