package masterkey

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// maxDataKey bounds a data key or share, in bytes: SOPS writes 32 or 33.
const maxDataKey = 1024

// unwrap opens an age entry with any of the identities.
func (ids *identities) unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	if !strings.HasPrefix(strings.TrimSpace(k.EncryptedDataKey), armor.Header) {
		return nil, errors.New("its wrapped data key is not an armored age file; the file was damaged")
	}
	found := ids.find(ctx, k.ID)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("not waited for: %w", err)
	}
	if len(found.identities) == 0 {
		return nil, errors.New(found.explain(k.ID))
	}
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(k.EncryptedDataKey)), found.identities...)
	if err != nil {
		if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
			return nil, errors.New(found.explain(k.ID))
		}
		return nil, errors.New("its wrapped data key is not a whole age file; the file was damaged")
	}
	data, err := io.ReadAll(io.LimitReader(r, maxDataKey+1))
	if err != nil || len(data) == 0 || len(data) > maxDataKey {
		clear(data)
		return nil, errors.New("its wrapped data key is not a whole age file; the file was damaged")
	}
	return data, nil
}
