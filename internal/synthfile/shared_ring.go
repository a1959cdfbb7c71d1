package synthfile

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// ring is what unwraps data keys: a [masterkey.Ring]. All that it is stands here, so that a
// ring around another one hides nothing.
type ring interface {
	sopsfile.Unwrapper
	sopsfile.Orderer
	sopsfile.Preparer
	sopsfile.Patient
	// Near returns the order for a region, or for an unknown one ("").
	Near(region string) sopsfile.Orderer
}

// sharedRing asks a ring for each distinct wrapped data key once, however many files
// and constructs want it at the same time or later. They share a failure too.
type sharedRing struct {
	ring
	mu    sync.Mutex
	asked map[string]*answer
}

// answer is what became of one wrapped data key. The ring's mutex guards it.
type answer struct {
	done     chan struct{} // closed when key and err are set
	answered bool          // the same, to look at
	key      []byte
	err      error
	waiting  int // callers that did not take key yet; the last one that leaves cancels the call
	cancel   context.CancelFunc
	dropped  bool // no later caller gets it
}

func newSharedRing(r ring) *sharedRing { return &sharedRing{ring: r, asked: map[string]*answer{}} }

// Unwrap implements [sopsfile.Unwrapper].
func (r *sharedRing) Unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	id := entryID(k)
	r.mu.Lock()
	a := r.asked[id]
	if a == nil {
		a = &answer{done: make(chan struct{})}
		r.asked[id] = a
		r.ask(ctx, k, a)
	}
	a.waiting++
	r.mu.Unlock()

	select {
	case <-a.done:
	case <-ctx.Done():
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	a.waiting--
	defer a.clearUnused()
	if a.answered {
		return bytes.Clone(a.key), a.err
	}
	if a.waiting == 0 {
		a.cancel()
		a.dropped = true
		if r.asked[id] == a {
			delete(r.asked, id) // a later caller asks anew
		}
	}
	return nil, fmt.Errorf("not waited for: %w", context.Cause(ctx))
}

// in returns the ring for a region, which the nearest keys come first for. Whatever the
// region, a key is asked for once.
func (r *sharedRing) in(region string) nearRing { return nearRing{r, r.Near(region)} }

// nearRing is a shared ring with the order of a region.
type nearRing struct {
	*sharedRing
	near sopsfile.Orderer
}

// Order implements [sopsfile.Orderer].
func (r nearRing) Order(keys []sopsfile.MasterKey) []sopsfile.MasterKey { return r.near.Order(keys) }

// Prepare implements [sopsfile.Preparer]. A panic is an error, as in call.
func (r *sharedRing) Prepare(ctx context.Context, k sopsfile.MasterKey) (err error) {
	defer func() {
		if recover() != nil {
			err = panicked()
		}
	}()
	return r.ring.Prepare(ctx, k)
}

// ask calls the ring. The call has the values of ctx; it ends when nobody waits for it.
func (r *sharedRing) ask(ctx context.Context, k sopsfile.MasterKey, a *answer) {
	ctx, a.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer a.cancel()
		key, err := r.call(ctx, k)
		r.mu.Lock()
		defer r.mu.Unlock()
		a.key, a.err, a.answered = key, err, true
		a.clearUnused()
		close(a.done)
	}()
}

// call returns a panic of the ring as an error: in a goroutine it would end the process,
// and not say which file it was about.
func (r *sharedRing) call(ctx context.Context, k sopsfile.MasterKey) (key []byte, err error) {
	defer func() {
		if recover() != nil {
			key, err = nil, panicked()
		}
	}()
	return r.ring.Unwrap(ctx, k)
}

// clearUnused clears a data key that nobody can get any more.
func (a *answer) clearUnused() {
	if a.err != nil || a.dropped && a.waiting == 0 {
		clear(a.key)
		a.key = nil
	}
}

// forget clears every data key, and those that are being asked for as soon as their
// callers have them.
func (r *sharedRing) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.asked {
		a.dropped = true
		a.clearUnused()
	}
	clear(r.asked)
}

// entryID is all that a ring looks at, as one text. Its parts are quoted, so that no two
// entries have the same.
func entryID(k sopsfile.MasterKey) string {
	parts := []string{string(k.Type), k.ID, k.Role, k.AWSProfile, k.EncryptedDataKey}
	for _, name := range slices.Sorted(maps.Keys(k.Context)) {
		parts = append(parts, name, k.Context[name])
	}
	for i := range parts {
		parts[i] = strconv.Quote(parts[i])
	}
	return strings.Join(parts, " ")
}
