package synthfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// ErrNoKey is wrapped by the errors about files that no key opens here. They may
// well be right: only the keys are missing.
var ErrNoKey = errors.New("no key opens the file")

// Decryption is the decryption of a file that was started.
type Decryption struct {
	file *File
	done chan struct{} // closed when tree and err are set
	tree *sopsfile.Tree
	err  error
}

// Decrypt starts to decrypt the file and to verify it, with the keys that are found
// on this machine, those of region first ("" for an unknown one). A file is
// decrypted once for each region.
func (f *File) Decrypt(region string) *Decryption {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.decryption[region]
	if d == nil {
		d = &Decryption{file: f, done: make(chan struct{})}
		f.decryption[region] = d
		go func() {
			defer close(d.done)
			f.files.turns <- struct{}{}
			defer func() { <-f.files.turns }()
			d.tree, d.err = f.decrypt(region)
		}()
	}
	return d
}

func (f *File) decrypt(region string) (tree *sopsfile.Tree, err error) {
	defer func() {
		if recover() != nil { // in this goroutine it would end the process
			tree, err = nil, panicked()
		}
	}()
	keys, err := f.keys(region)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), decryptTimeout+f.patience(keys))
	defer cancel()
	tree, err = f.parsed.Decrypt(ctx, keys)
	var noKey *sopsfile.KeyError
	switch {
	case errors.As(err, &noKey):
		return nil, &keyError{err}
	case err != nil:
		return nil, fmt.Errorf("%w%s", err, lastGood(f.path))
	}
	return tree, nil
}

// patience returns how long keys may wait for a person, for the file's keys together.
func (f *File) patience(keys sopsfile.Unwrapper) (all time.Duration) {
	patient, ok := keys.(sopsfile.Patient)
	if !ok {
		return 0
	}
	for _, group := range f.parsed.Metadata().Groups {
		for _, k := range group {
			all += patient.Patience(k)
		}
	}
	return all
}

// keys returns what unwraps the file's data key: the app's ring, or, for the
// demonstration file alone, one that has the published identity as well.
func (f *File) keys(region string) (sopsfile.Unwrapper, error) {
	if !f.sample {
		return inRegion(region)(f.files.ring())
	}
	var options masterkey.Options
	identity, err := os.Open(filepath.Join(filepath.Dir(f.place), demonstration.IdentityFile))
	if err == nil { // it is missing where the file is a copy
		defer identity.Close()
		if options.Identities, err = age.ParseIdentities(identity); err != nil {
			return nil, fmt.Errorf("%s beside it is not an age identity file; take it from git again", demonstration.IdentityFile)
		}
	}
	return inRegion(region)(f.files.newRing(options))
}

// inRegion gives a ring the order of a region.
func inRegion(region string) func(*sharedRing, error) (sopsfile.Unwrapper, error) {
	return func(r *sharedRing, err error) (sopsfile.Unwrapper, error) {
		if err != nil {
			return nil, err
		}
		return r.in(region), nil
	}
}

// Done reports whether the decryption has come to its end.
func (d *Decryption) Done() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// Tree waits for the end of the decryption and returns the file's content. An error says
// what to do; it wraps [ErrNoKey] where only a key is missing.
func (d *Decryption) Tree() (*sopsfile.Tree, error) {
	<-d.done
	if d.err != nil {
		return nil, fmt.Errorf("%s: %w", d.file.path, d.err)
	}
	return d.tree, nil
}

// Quoted waits for the end of the decryption and returns the names of values with quotes
// that sops keeps: see [render.Quoted].
func (d *Decryption) Quoted() []string {
	<-d.done
	if d.err != nil {
		return nil
	}
	return render.Quoted(d.tree)
}

// Path returns the file, as the app names it.
func (d *Decryption) Path() string { return d.file.path }

// keyError is an error that wraps [ErrNoKey].
type keyError struct{ error }

func (e *keyError) Unwrap() []error { return []error{e.error, ErrNoKey} }
