package syncfunction

import (
	"context"
	"log/slog"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// NewUnwrapper returns what unwraps the data keys of one event, with the places of
// age identities that the event names. It is called again for each new try, so
// that nothing refused is remembered.
type NewUnwrapper func(places []masterkey.IdentityPlace) sopsfile.Unwrapper

// patient is an Unwrapper whose calls can be given more time: a [masterkey.Ring].
type patient interface{ SetTimeout(time.Duration) }

// guarded turns a panic of an Unwrapper into that key's failure. Package sopsfile
// calls it in goroutines of its own, where a panic would end the process before
// CloudFormation has an answer.
type guarded struct {
	sopsfile.Unwrapper
	log *slog.Logger
}

// Unwrap implements [sopsfile.Unwrapper].
func (g guarded) Unwrap(ctx context.Context, k sopsfile.MasterKey) (key []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			key, err = nil, panicked(g.log)
		}
	}()
	return g.Unwrapper.Unwrap(ctx, k)
}

// Order implements [sopsfile.Orderer]: the Unwrapper's order where it has one.
func (g guarded) Order(keys []sopsfile.MasterKey) []sopsfile.MasterKey {
	if o, ok := g.Unwrapper.(sopsfile.Orderer); ok {
		return o.Order(keys)
	}
	return keys
}
