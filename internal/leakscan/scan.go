package leakscan

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
)

// Scan looks for the values in the assembly. An error says that the assembly cannot be
// listed; what cannot be read of it is in the result.
func Scan(o Options) (Result, error) {
	values := distinct(o.Secrets)
	if len(values) == 0 {
		return Result{}, nil
	}
	root, err := filepath.EvalSymlinks(o.Root)
	if err != nil {
		return Result{}, fmt.Errorf("failed to find the assembly: %w", err)
	}
	a, err := readAssembly(root)
	if err != nil {
		return Result{}, fmt.Errorf("failed to read the assembly: %w", err)
	}
	var f former
	defer f.clear()
	var patterns []pattern
	for i, v := range values {
		for _, text := range f.of(v.text.Reveal()) {
			patterns = append(patterns, pattern{text, i})
		}
	}
	s := &search{options: o, assembly: a, matcher: newMatcher(patterns), values: values}
	s.names = sync.OnceValue(func() *public {
		p := publicNames(a.folders)
		if o.Shown != nil {
			p.shown = o.Shown()
		}
		return p
	})
	return s.run(), nil
}

// value is a text that is looked for, and all the places from which it was decrypted.
type value struct {
	text   plaintext.Text
	places []place
}

// place is a key of a file.
type place struct{ file, key string }

func (p place) String() string { return filetext.Quote(p.key) + " of " + p.file }

// distinct returns the values that are looked for, each once.
func distinct(secrets []Secret) []value {
	var values []value
	at := map[[sha256.Size]byte]int{}
	for _, s := range secrets {
		text := s.Text.Reveal()
		if len(text) < minLength {
			continue
		}
		hash := sha256.Sum256(text)
		i, known := at[hash]
		if !known {
			if len(text) <= longest && common(string(text)) {
				i = -1
			} else {
				i = len(values)
				values = append(values, value{text: s.Text})
			}
			at[hash] = i
		}
		if i < 0 {
			continue
		}
		if key := (place{s.File, s.Key}); !slices.Contains(values[i].places, key) {
			values[i].places = append(values[i].places, key)
		}
	}
	return values
}
