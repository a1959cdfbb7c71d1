package synthfile

import (
	"context"
	"errors"
	"sync"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Tried is what became of one master key of a file that was tried here.
type Tried struct {
	Key sopsfile.MasterKey
	// Group is the number of the key's group, from 0.
	Group int
	// Err is why the key does not help; nil where it unwraps the file's data key, or its
	// group's share of it.
	Err error
}

var (
	errOtherKey = errors.New("it unwraps another data key than this file's; the entry was changed by hand")
	errNotRead  = errors.New("keys of this type are not read here, only kms and age")
)

// Try tries every master key of the file, side by side, as [File.Decrypt] would until one
// of them helps. The results are in the order of the file.
func (f *File) Try(region string) ([]Tried, error) {
	keys, err := f.keys(region)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), decryptTimeout+f.patience(keys))
	defer cancel()
	metadata := f.parsed.Metadata()
	var tried []Tried
	for i, group := range metadata.Groups {
		for _, key := range group {
			tried = append(tried, Tried{Key: key, Group: i})
		}
	}
	turns := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range tried {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			tried[i].Err = f.try(ctx, keys, tried[i].Key, len(metadata.Groups) > 1)
		})
	}
	all.Wait()
	return tried, nil
}

// try returns why a key does not help.
func (f *File) try(ctx context.Context, u sopsfile.Unwrapper, key sopsfile.MasterKey, share bool) (err error) {
	defer func() {
		if recover() != nil {
			err = panicked()
		}
	}()
	if key.Type != sopsfile.KMS && key.Type != sopsfile.Age {
		return errNotRead
	}
	data, err := sopsfile.Ask(ctx, u, key)
	defer clear(data)
	if err == nil && !share && !f.parsed.OpenedBy(data) {
		return errOtherKey
	}
	return err
}
