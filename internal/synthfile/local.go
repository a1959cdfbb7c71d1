package synthfile

import (
	"context"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// NewLocal returns Files that are decrypted with the age identities of this machine alone:
// no entry of KMS is asked for, and no credentials are looked for. notAsked is the error of
// such entries.
func NewLocal(notAsked error) *Files {
	f := New()
	all := f.makeRing
	f.makeRing = func(o masterkey.Options) (ring, error) {
		r, err := all(o)
		if err != nil {
			return nil, err
		}
		return localRing{r, notAsked}, nil
	}
	return f
}

// localRing is a ring without KMS.
type localRing struct {
	ring
	notAsked error
}

// Prepare implements [sopsfile.Preparer]. No credentials are looked for.
func (r localRing) Prepare(ctx context.Context, k sopsfile.MasterKey) error {
	if k.Type == sopsfile.KMS {
		return nil
	}
	return r.ring.Prepare(ctx, k)
}

// Unwrap implements [sopsfile.Unwrapper].
func (r localRing) Unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	if k.Type == sopsfile.KMS {
		return nil, r.notAsked
	}
	return r.ring.Unwrap(ctx, k)
}
