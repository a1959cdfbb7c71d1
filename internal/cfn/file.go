package cfn

import (
	"fmt"
	"os"
)

// maxFile is more than a file of an assembly has, in bytes.
const maxFile = 256 << 20

// ReadFile reads a file of a cloud assembly, which may come from somebody else. It does not
// wait for a named pipe, and refuses what may have no end.
func ReadFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s is no file of up to %d MiB", path, maxFile>>20)
	}
	return os.ReadFile(path)
}
