package sopsfile

import "errors"

// ErrNotEncrypted is in the chain of [Parse]'s error for a file without SOPS
// metadata: its content is clear text.
var ErrNotEncrypted = errors.New("the file is not encrypted: it has no sops metadata")

// ErrEmpty is in the chain of [Parse]'s error for a file with nothing in it.
var ErrEmpty = errors.New("the file is empty")

// ErrClear is in the chain of [Parse]'s error for a value in clear text that the file's rule
// wants encrypted: it was written into the file without sops.
var ErrClear = errors.New("a clear value where the file's rule selects encryption")

// errCut is for what has encrypted values and no metadata.
var errCut = errors.New("it has encrypted values and no sops metadata, so a part of the file is missing")

// ErrMAC is in the chain of [File.Decrypt]'s error when every value decrypts and
// the file's message authentication code does not fit them: a value was
// exchanged, added or removed without sops.
var ErrMAC = errors.New("the file's message authentication code (MAC) does not fit its values: " +
	"it was changed without sops, or a merge mixed two versions of it")

// errWrongKey is the failure of a master key whose data key does not open the file's
// MAC. What is wrong may be the MAC, or lastmodified, which it is bound to.
var errWrongKey = errors.New("what it unwraps does not open the file's MAC: it is another file's data key, " +
	"or mac or lastmodified was changed without sops, or by a merge; if in doubt, take the last good version from git")
