package sopsfile

import "errors"

// MaxSize is the most bytes that a file may have: a secret holds 64 KB, so a larger
// file is a mistake, or meant to cost much.
const MaxSize = 2 << 20

// A file beyond one of these is refused: no secret is that large (Secrets Manager
// takes 64 KB), and a hostile file must not cost more than a bounded time.
const (
	maxDepth      = 100          // maps and lists inside each other
	maxNodes      = 100_000      // maps, lists, scalars and comments, aliases expanded
	maxBytes      = 2 * MaxSize  // of names, values and comments, aliases expanded
	maxPathBytes  = 16 * MaxSize // of the paths of all values and comments
	maxMarks      = 2 * maxNodes // of YAML, before the library makes a node of each
	maxINIBytes   = 32 << 20     // that the INI library copies to join lines
	maxBranches   = 20_000       // maps and lists of flat metadata
	maxGroups     = 255          // key groups: a Shamir share has one byte for its number
	maxKeys       = 200          // master keys
	maxWord       = 8_192        // bytes of a master key's id or role, or of a part of its context
	maxMAC        = 1_000        // bytes of the MAC's token; it has 294
	maxPattern    = 1_000        // bytes of a selection rule
	maxStates     = 10_000       // states of a rule's expression
	maxINILines   = 10_000       // the INI library takes the square of their number in time
	maxRegexSteps = 1 << 26      // states of a rule's expression times bytes that it looks at
)

var (
	errSize     = errors.New("the file is over 2 MiB")
	errDepth    = errors.New("more than 100 maps and lists inside each other")
	errLines    = errors.New("more than 10000 lines of INI")
	errNodes    = errors.New("more than 100000 values")
	errBytes    = errors.New("names, values and comments together are over 4 MiB once its aliases are expanded")
	errPaths    = errors.New("the names on the paths of its values together are over 32 MiB")
	errMarks    = errors.New("more than 200000 marks of YAML, each of which can begin a value")
	errUTF16    = errors.New("YAML in UTF-16, which sops does not write; save it as UTF-8")
	errTags     = errors.New("a %TAG directive, which sops does not write")
	errBranches = errors.New("more than 20000 maps and lists in the metadata")
	errJoins    = errors.New("INI values of many lines that are too long")
)

// limits are the errors of files that may be what sops wrote.
var limits = []error{errSize, errDepth, errLines, errNodes, errBytes, errPaths, errMarks, errUTF16, errBranches, errJoins, errRegexSteps}
