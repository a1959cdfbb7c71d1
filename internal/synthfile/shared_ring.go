package synthfile

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// ring is what unwraps data keys: a [masterkey.Ring].
type ring interface {
	sopsfile.Unwrapper
	sopsfile.Orderer
}

// sharedRing asks a ring for each distinct wrapped data key once, however many files
// and constructs want it at the same time or later.
type sharedRing struct {
	ring
	mu    sync.Mutex
	asked map[string]*answer
}

// answer is what became of one wrapped data key.
type answer struct {
	done    chan struct{} // closed when key and err are set
	key     []byte
	err     error
	waiting int // callers; the last one that leaves cancels the call
	cancel  context.CancelFunc
}

func newSharedRing(r ring) *sharedRing { return &sharedRing{ring: r, asked: map[string]*answer{}} }

// Unwrap implements [sopsfile.Unwrapper].
func (r *sharedRing) Unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	id := entryID(k)
	r.mu.Lock()
	a := r.asked[id]
	if a == nil {
		call, cancel := context.WithCancel(context.WithoutCancel(ctx))
		a = &answer{done: make(chan struct{}), cancel: cancel}
		r.asked[id] = a
		go func() {
			defer cancel()
			a.key, a.err = r.ring.Unwrap(call, k)
			close(a.done)
		}()
	}
	a.waiting++
	r.mu.Unlock()

	select {
	case <-a.done:
		return bytes.Clone(a.key), a.err
	case <-ctx.Done():
		r.mu.Lock()
		defer r.mu.Unlock()
		if a.waiting--; a.waiting == 0 && r.asked[id] == a {
			a.cancel()
			delete(r.asked, id) // a later caller asks anew
		}
		return nil, fmt.Errorf("not waited for: %w", context.Cause(ctx))
	}
}

// forget clears every data key.
func (r *sharedRing) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, a := range r.asked {
		select {
		case <-a.done:
			clear(a.key)
			delete(r.asked, id)
		default: // still asked for
		}
	}
}

// entryID is all that a ring looks at, as one text.
func entryID(k sopsfile.MasterKey) string {
	parts := []string{string(k.Type), k.ID, k.Role, k.AWSProfile, k.EncryptedDataKey}
	for _, name := range slices.Sorted(maps.Keys(k.Context)) {
		parts = append(parts, name, k.Context[name])
	}
	return strings.Join(parts, "\x00")
}
