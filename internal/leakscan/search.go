package leakscan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
)

// search is one run over an assembly.
type search struct {
	options  Options
	assembly *assembly
	matcher  *matcher
	values   []value
	names    func() *public

	mu     sync.Mutex
	result Result
}

// mostAtOnce is how many files are searched side by side.
const mostAtOnce = 4

func (s *search) run() Result {
	files := make(chan string)
	var group sync.WaitGroup
	for range min(mostAtOnce, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			c := &content{matcher: s.matcher}
			for path := range files {
				s.file(path, c)
			}
			clear(c.buffer)
		})
	}
	for _, path := range s.assembly.files {
		files <- path
	}
	close(files)
	group.Wait()
	slices.SortFunc(s.result.Finds, func(a, b Find) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortFunc(s.result.Unsearched, func(a, b Unsearched) int { return cmp.Compare(a.Path, b.Path) })
	return s.result
}

// file searches a file and its name with c.
func (s *search) file(path string, c *content) {
	if s.known(path) {
		return
	}
	c.reset()
	err := c.file(path)
	hits := s.remaining(path, c.hits)
	relative, removable := inside(s.assembly.root, path)
	if removable {
		for i := range s.secret(s.hits(relative)) {
			hits[i] = true
		}
	}
	if len(hits) == 0 && err == nil {
		return
	}
	shown := s.shown(path)
	find := Find{Path: shown, Keys: s.keys(hits), Locations: s.locations(path, hits)}
	if removable {
		find.file = path
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(hits) > 0 {
		s.result.Finds = append(s.result.Finds, find)
	}
	if err != nil {
		s.result.Unsearched = append(s.result.Unsearched, Unsearched{shown, err.Error()})
	}
}

// hits returns the values in a text.
func (s *search) hits(text string) map[int]bool {
	c := &content{matcher: s.matcher}
	c.reset()
	c.text([]byte(text))
	return c.hits
}

// secret returns the values of hits that are none of the names which everybody may see.
func (s *search) secret(hits map[int]bool) map[int]bool {
	kept := map[int]bool{}
	for i := range hits {
		if !s.names().has(string(s.values[i].text.Reveal())) {
			kept[i] = true
		}
	}
	return kept
}

// remaining returns the values of a file's hits that must not be there.
func (s *search) remaining(path string, hits map[int]bool) map[int]bool {
	kept := s.secret(hits)
	if len(kept) == 0 {
		return kept
	}
	rest, changed := s.withoutPublished(path)
	if !changed {
		return kept
	}
	c := &content{matcher: s.matcher}
	c.reset()
	c.whole(rest)
	clear(rest)
	for i := range kept {
		if !c.hits[i] {
			delete(kept, i)
		}
	}
	return kept
}

// shown returns the path of a file without the parts that hold a value.
func (s *search) shown(path string) string {
	for {
		relative, ok := inside(s.assembly.root, path)
		if !ok || relative == "." || len(s.hits(relative)) == 0 {
			return path
		}
		path = filepath.Dir(path)
	}
}

// keys returns the names of values, sorted.
func (s *search) keys(hits map[int]bool) []string {
	var all []string
	for i := range hits {
		all = append(all, s.values[i].keys...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// known reports whether a file is one that is not searched.
func (s *search) known(path string) bool {
	if len(s.options.Known) == 0 {
		return false
	}
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	for _, other := range s.options.Known {
		if info.Size() == other.Size && hash(path) == other.SHA256 {
			return true
		}
	}
	return false
}

// hash returns the SHA-256 of a file in hex, or "".
func hash(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
