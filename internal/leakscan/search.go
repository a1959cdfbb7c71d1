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
	"strings"
	"sync"
)

// search is one run over an assembly.
type search struct {
	options  Options
	assembly *assembly
	matcher  *matcher
	values   []value
	names    func() *public
	public   sync.Map // by the number of a value: whether it is one of the names

	mu     sync.Mutex
	result Result
}

// mostAtOnce is how many files are searched side by side.
const mostAtOnce = 4

func (s *search) run() Result {
	files := make(chan file)
	var group sync.WaitGroup
	for range min(mostAtOnce, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			c := &content{matcher: s.matcher}
			for f := range files {
				s.file(f, c)
			}
			clear(c.buffer)
		})
	}
	for _, f := range s.assembly.files {
		files <- f
	}
	close(files)
	group.Wait()
	for _, f := range s.assembly.unlisted {
		s.result.Unsearched = append(s.result.Unsearched, Unsearched{s.shown(f.path), "it cannot be listed"})
	}
	s.result.Searched = len(s.values)
	slices.SortFunc(s.result.Finds, func(a, b Find) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortFunc(s.result.Unsearched, func(a, b Unsearched) int { return cmp.Compare(a.Path, b.Path) })
	return s.result
}

// file searches a file and its name with c.
func (s *search) file(f file, c *content) {
	if s.known(f.path) {
		return
	}
	c.reset()
	err := c.file(f.path)
	hits := s.remaining(f.path, c.hits)
	for i := range s.secret(s.hits(f.name())) {
		hits[i] = true
	}
	if len(hits) == 0 && err == nil {
		return
	}
	shown := s.shown(f.path)
	find := Find{Path: shown, Keys: s.keys(hits), Locations: s.locations(f.path, hits)}
	if s.assembly.owns(f.path) {
		find.file = f.path
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
		known, ok := s.public.Load(i)
		if !ok {
			known = s.names().has(string(s.values[i].text.Reveal()))
			s.public.Store(i, known)
		}
		if known == false {
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

// shown returns a path as a message may have it: "…" stands for a name that holds a value,
// and names that hold one together are left out.
func (s *search) shown(path string) string {
	holds := func(text string) bool { return len(s.secret(s.hits(text))) > 0 }
	if !holds(path) {
		return path
	}
	names := strings.Split(path, string(filepath.Separator))
	for i, name := range names {
		if holds(name) {
			names[i] = "…"
		}
	}
	path = strings.Join(names, string(filepath.Separator))
	for holds(path) && path != filepath.Dir(path) {
		path = filepath.Dir(path)
	}
	return path
}

// keys returns the names of values, sorted.
func (s *search) keys(hits map[int]bool) []string {
	var all []string
	for i := range hits {
		for _, p := range s.values[i].places {
			all = append(all, p.String())
		}
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
