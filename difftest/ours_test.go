package difftest_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// ring is the key ring that synth uses.
var ring = sync.OnceValues(func() (*masterkey.Ring, error) {
	return masterkey.FromEnvironment(context.Background(), masterkey.Options{Region: "eu-west-1"})
})

// known unwraps every key to one data key.
type known []byte

func (k known) Unwrap(context.Context, sopsfile.MasterKey) ([]byte, error) {
	return slices.Clone(k), nil
}

var errNames = errors.New("the names of the structure are not those of the decrypted tree")

// ours decrypts with the product's own reader. dataKey saves unwrapping it when it
// is known.
func ours(data []byte, format sopsfile.Format, dataKey []byte) ([]byte, *sopsfile.Tree, error) {
	f, err := sopsfile.Parse(data, format)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var u sopsfile.Unwrapper = known(dataKey)
	if dataKey == nil {
		if u, err = ring(); err != nil {
			return nil, nil, err
		}
	}
	tree, err := f.Decrypt(ctx, u)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range []render.Mode{render.Flat, render.Nested} {
		before, errBefore := render.Names(f.Structure(), render.Output{Mode: m})
		after, errAfter := render.Names(tree, render.Output{Mode: m})
		if (errBefore == nil) != (errAfter == nil) || !slices.Equal(before, after) {
			return nil, nil, errNames
		}
	}
	mode := render.Raw
	if format == sopsfile.Binary {
		mode = render.Binary
	}
	raw, err := render.Render(tree, mode)
	return raw.Reveal(), tree, err
}
