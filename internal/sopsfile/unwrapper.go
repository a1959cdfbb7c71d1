package sopsfile

import (
	"context"
	"time"
)

// Unwrapper returns what a master key wraps. It is called from several goroutines
// at once.
type Unwrapper interface {
	// Unwrap returns the data key (or this group's Shamir share) that k wraps. It
	// returns soon after ctx is done. Its error must name no plaintext: the text
	// goes to the user. The result is the caller's, who clears it.
	Unwrap(ctx context.Context, k MasterKey) ([]byte, error)
}

// Orderer is what an [Unwrapper] implements to say which key to try first.
type Orderer interface {
	// Order returns the keys of one group in the order to try them in. Keys that it
	// leaves out are not tried. It must not change keys.
	Order(keys []MasterKey) []MasterKey
}

// Preparer is what an [Unwrapper] implements where a key needs something first that may
// take a person's time, such as credentials.
type Preparer interface {
	// Prepare returns when k can be asked for. It is called before Unwrap, outside the
	// ten seconds that one key may take, and bounds itself; it returns soon after ctx is
	// done. Its error counts as the key's.
	Prepare(ctx context.Context, k MasterKey) error
}

// Patient is what an [Unwrapper] implements where somebody may be asked for a key.
type Patient interface {
	// Patience returns how long Unwrap may take for k, instead of ten seconds, and that no
	// other key is asked beside it meanwhile: nobody wants a question that is not needed any
	// more. 0 stands for the usual.
	Patience(k MasterKey) time.Duration
}
