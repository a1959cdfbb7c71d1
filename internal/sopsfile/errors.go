package sopsfile

import "errors"

// ErrNotEncrypted is in the chain of [Parse]'s error for a file without SOPS
// metadata: its content is clear text.
var ErrNotEncrypted = errors.New("not encrypted with sops")

// ErrMAC is in the chain of [File.Decrypt]'s error when every value decrypts and
// the file's message authentication code does not fit them: a value was
// exchanged, added or removed without sops.
var ErrMAC = errors.New("the message authentication code does not fit the values")
