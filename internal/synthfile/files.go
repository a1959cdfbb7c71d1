package synthfile

import (
	"context"
	"sync"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	// atOnce is how many files are decrypted side by side. Most of the time is spent
	// waiting for KMS.
	atOnce = 32
	// decryptTimeout bounds all the calls to KMS and STS for one file.
	decryptTimeout = time.Minute
)

// Files are the SOPS files of one app. Its methods may be called from several
// goroutines.
type Files struct {
	turns chan struct{} // holds a token for each file that is being decrypted

	mu    sync.Mutex
	files map[fileID]func() (*File, error)
	rings map[string]func() (*sharedRing, error) // by region
}

type fileID struct {
	path   string
	format sopsfile.Format
}

// New returns Files that have read nothing yet.
func New() *Files {
	return &Files{
		turns: make(chan struct{}, atOnce),
		files: map[fileID]func() (*File, error){},
		rings: map[string]func() (*sharedRing, error){},
	}
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

// ring returns the app's key ring for region, or for an unknown one ("").
func (f *Files) ring(region string) (*sharedRing, error) {
	f.mu.Lock()
	make := f.rings[region]
	if make == nil {
		make = sync.OnceValues(func() (*sharedRing, error) {
			ring, err := masterkey.FromEnvironment(context.Background(), masterkey.Options{Region: region})
			return newSharedRing(ring), err
		})
		f.rings[region] = make
	}
	f.mu.Unlock()
	return make()
}

// Forget clears the data keys that were unwrapped. Files that are decrypted
// afterwards ask for theirs again.
func (f *Files) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, make := range f.rings {
		if ring, err := make(); err == nil {
			ring.forget()
		}
	}
}
