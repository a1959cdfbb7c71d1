// Package smallfile reads files of which it is known how large they may be.
package smallfile

import (
	"io"
	"os"
)

// Read returns the content of a file; of one with more than so many bytes, one byte more,
// which shows that it is too large.
func Read(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, most+1))
}
