package masterkey

// For the tests of the package, which are outside of it.
var (
	SessionName = sessionName
	SplitWords  = splitWords
)
