package sopsfile

import "errors"

// ErrNotEncrypted is in the chain of [Parse]'s error for a file without SOPS
// metadata: its content is clear text.
var ErrNotEncrypted = errors.New("the file is not encrypted: it has no sops metadata")

// ErrMAC is in the chain of [File.Decrypt]'s error when every value decrypts and
// the file's message authentication code does not fit them: a value was
// exchanged, added or removed without sops.
var ErrMAC = errors.New("the file's message authentication code (MAC) does not fit its values: " +
	"it was changed without sops, or a merge mixed two versions of it")

// errWrongKey is the failure of a master key that gave something else than the
// file's data key.
var errWrongKey = errors.New("what it unwraps is not this file's data key")
