//go:build unix

package functionbuild

import (
	"os"
	"syscall"
)

// lock waits until this process alone holds the file at path. Two synths at the
// same time would otherwise write the same binary.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, err
	}
	return func() { file.Close() }, nil
}
