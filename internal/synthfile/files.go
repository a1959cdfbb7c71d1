package synthfile

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/creationrules"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	// atOnce is how many files are decrypted side by side. Most of the time is spent
	// waiting for KMS.
	atOnce = 32
	// decryptTimeout bounds all that is done for one file: a minute for the calls to KMS and
	// STS, and two before them in which a person may log in.
	decryptTimeout = 3 * time.Minute
)

// Files are the SOPS files of one app. Its methods may be called from several
// goroutines.
type Files struct {
	turns    chan struct{} // holds a token for each file that is being decrypted
	makeRing func(masterkey.Options) (ring, error)

	// ring is the app's key ring, which is made when it is first asked for.
	ring func() (*sharedRing, error)
	made atomic.Bool // reports whether it was

	rules creationrules.Finder

	mu    sync.Mutex
	files map[fileID]func() (*File, error)
	// contents are those of the files, wherever they are.
	contents map[fileID]func() ([]byte, error)
}

type fileID struct {
	path   string
	format sopsfile.Format
}

// New returns Files that have read nothing yet.
func New() *Files {
	f := &Files{
		turns:    make(chan struct{}, atOnce),
		makeRing: fromEnvironment,
		files:    map[fileID]func() (*File, error){},
		contents: map[fileID]func() ([]byte, error){},
	}
	f.ring = sync.OnceValues(func() (*sharedRing, error) {
		f.made.Store(true)
		return f.newRing(masterkey.Options{})
	})
	return f
}

// Open reads the file at path, once, and checks what needs no key: that it is
// encrypted, whole, and not readable by everyone. The format "" stands for the one
// that sops takes by the path's ending.
func (f *Files) Open(path string, format sopsfile.Format) (*File, error) {
	if format == "" {
		format = sopsfile.FormatOf(path)
	}
	f.mu.Lock()
	id := fileID{path, format}
	open := f.files[id]
	if open == nil {
		open = sync.OnceValues(func() (*File, error) { return f.read(path, format) })
		f.files[id] = open
	}
	f.mu.Unlock()
	return open()
}

// Prepare does what takes time of what Open and [File.Encoded] do, for those who ask later.
func (f *Files) Prepare(path string, format sopsfile.Format) {
	if file, err := f.Open(path, format); err == nil {
		_, _ = file.Encoded()
	}
}

// content reads a file, which is at place, once for each format.
func (f *Files) content(id fileID, place string) ([]byte, error) {
	f.mu.Lock()
	read := f.contents[id]
	if read == nil {
		read = sync.OnceValues(func() ([]byte, error) { return ReadFile(place) })
		f.contents[id] = read
	}
	f.mu.Unlock()
	return read()
}

// opened reports whether the file was opened, or is about to be.
func (f *Files) opened(path string, format sopsfile.Format) bool {
	if format == "" {
		format = sopsfile.FormatOf(path)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.files[fileID{path, format}] != nil
}

func (f *Files) newRing(o masterkey.Options) (*sharedRing, error) {
	r, err := f.makeRing(o)
	if err != nil {
		return nil, err
	}
	return newSharedRing(r), nil
}

func fromEnvironment(o masterkey.Options) (ring, error) {
	return masterkey.FromEnvironment(context.Background(), o)
}

// Forget clears the data keys that were unwrapped. Files that are decrypted
// afterwards ask for theirs again.
func (f *Files) Forget() {
	if !f.made.Load() {
		return
	}
	if ring, err := f.ring(); err == nil {
		ring.forget()
	}
}
