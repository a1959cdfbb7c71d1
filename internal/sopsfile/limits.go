package sopsfile

import "errors"

// MaxSize is the most bytes that a file may have: a secret holds 64 KB, so a larger
// file is a mistake, or meant to cost much.
const MaxSize = 2 << 20

// A file beyond one of these is refused: no secret is that large (Secrets Manager
// takes 64 KB), and a hostile file must not cost more than a bounded time.
const (
	maxDepth      = 100     // maps and lists inside each other
	maxNodes      = 100_000 // maps, lists, scalars and comments, aliases expanded
	maxGroups     = 255     // key groups: a Shamir share has one byte for its number
	maxKeys       = 200     // master keys
	maxWord       = 8_192   // bytes of a master key's id or role, or of a part of its context
	maxPattern    = 1_000   // bytes of a selection rule
	maxINILines   = 10_000  // the INI library takes the square of their number in time
	maxRegexSteps = 1 << 27 // states of a rule's expression times bytes that it looks at
)

var (
	errSize  = errors.New("the file is over 2 MiB")
	errDepth = errors.New("more than 100 maps and lists inside each other")
	errLines = errors.New("more than 10000 lines of INI")
	errNodes = errors.New("more than 100000 values")
)
