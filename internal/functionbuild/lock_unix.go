//go:build unix

package functionbuild

import (
	"os"
	"syscall"
)

// lock waits until this process alone has locked the file at path. Two synths at
// the same time would otherwise write the same binary. Closing the file, in this
// process and in those that inherited it, unlocks.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
