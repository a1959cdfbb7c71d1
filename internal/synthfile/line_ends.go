package synthfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// checkEncoding returns an error for a file that a shell wrote in another encoding than
// sops does.
func checkEncoding(content []byte) error {
	for mark, name := range map[string]string{"\xff\xfe": "UTF-16", "\xfe\xff": "UTF-16", "\xef\xbb\xbf": "UTF-8 with a byte order mark"} {
		if bytes.HasPrefix(content, []byte(mark)) {
			return errors.New("it is " + name + ", as a shell's \">\" may write it; let sops write the file (sops encrypt --output FILE), or convert it to UTF-8 without a byte order mark")
		}
	}
	return nil
}

// OnDisk calls use with the path of a file that holds what [File.Encoded] encodes: the
// file itself, or, where its line ends were changed, a copy that is removed afterwards.
func (f *File) OnDisk(use func(path string)) error {
	path, err := filepath.Abs(f.place)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	if f.asOnDisk {
		use(path)
		return nil
	}
	folder, err := os.MkdirTemp("", "sopscdk")
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	defer os.RemoveAll(folder)
	path = filepath.Join(folder, filepath.Base(path))
	if err := os.WriteFile(path, f.content, 0o600); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	use(path)
	return nil
}
