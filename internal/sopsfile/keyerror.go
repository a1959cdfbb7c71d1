package sopsfile

// Attempt is one master key that was tried, or would have been.
type Attempt struct {
	Key MasterKey
	Err error
}

// KeyError says that the data key could not be had. Its text is one line per
// master key of the file, with the reason of each.
type KeyError struct {
	Attempts []Attempt
}

// Error implements error.
func (e *KeyError) Error() string { return "no master key opens the file" }
