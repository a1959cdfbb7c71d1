package sopsconstructs

// OnEmpty says what becomes of a value without text (null, "", an empty map or list) where
// each value makes a parameter, since a parameter holds at least one character. The zero
// value is [OnEmptyFail].
type OnEmpty string

const (
	// OnEmptyFail makes synth fail.
	OnEmptyFail OnEmpty = ""
	// OnEmptySkip makes no parameter of such a value, and removes the one it had.
	OnEmptySkip OnEmpty = "skip"
)
