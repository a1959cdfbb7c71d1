package syncfunction

import (
	"time"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// NewUnwrapper returns what unwraps the data key of one file, with the places of age
// identities that the event names. It is called again for each new try, so
// that nothing refused is remembered.
type NewUnwrapper func(file *sopsfile.Metadata, places []masterkey.IdentityPlace) sopsfile.Unwrapper

// patient is an Unwrapper whose calls can be given more time: a [masterkey.Ring].
type patient interface{ SetTimeout(time.Duration) }
