package masterkey

import (
	"errors"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// maxDataKey bounds a data key or share, in bytes: SOPS writes 32 or 33.
const maxDataKey = 1024

// errNoFit reports that none of the identities opens an age entry, or that there are
// none.
var errNoFit = errors.New("no age identity fits")

// checkArmor refuses a wrapped data key before an identity is looked for.
func checkArmor(k sopsfile.MasterKey) error {
	if !strings.HasPrefix(strings.TrimSpace(k.EncryptedDataKey), armor.Header) {
		return errors.New("its wrapped data key is not an armored age file; the file was damaged")
	}
	return nil
}

// openAge returns the data key that k wraps for one of the identities, or errNoFit.
func openAge(k sopsfile.MasterKey, with []age.Identity) ([]byte, error) {
	if len(with) == 0 {
		return nil, errNoFit
	}
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(k.EncryptedDataKey)), with...)
	if err != nil {
		if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
			return nil, errNoFit
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
