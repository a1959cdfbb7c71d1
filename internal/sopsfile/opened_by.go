package sopsfile

// OpenedBy reports whether key, 32 bytes, is the file's data key: whether it opens the
// file's MAC. It says nothing of the values.
func (f *File) OpenedBy(key []byte) bool {
	_, _, err := f.meta.newOpener(key)
	return err == nil
}
