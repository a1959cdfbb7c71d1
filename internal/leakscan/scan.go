package leakscan

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/ebb7bed6/sopscdk/internal/plaintext"
)

// Options say what is searched.
type Options struct {
	// Root is the folder of the app's assembly, cdk.out.
	Root string
	// Secrets are the values that are looked for. Those of fewer than eight bytes without
	// white space, and those that everybody writes, such as localhost, are left out.
	Secrets []Secret
	// Known are files that are not searched, nor copies of them: the function that was
	// built here.
	Known []string
	// Published are the secrets whose values are in a template on purpose.
	Published []Published
}

// Published is a secret whose value is in its template on purpose. Only the value of the
// property SecretString of an AWS::SecretsManager::Secret in this template, as a whole, is
// passed over, and its copy in tree.json.
type Published struct {
	// TemplateFile is the name of the template's file.
	TemplateFile string
	SecretString plaintext.Text
}

// Result is what a scan found.
type Result struct {
	Finds []Find
	// Unsearched are the files of which a part was not searched, with the reason.
	Unsearched []string
}

// Find is a file that holds values.
type Find struct {
	// Path is the file, or, where its name holds a value, the first folder above it
	// whose name does not.
	Path string
	// Keys are the values that were found: each as the quoted name of the value, "of" and
	// the SOPS file.
	Keys []string
	// Locations are places in a JSON file, such as "/Resources/X/Properties/Y", if they
	// are known.
	Locations []string

	file string
	root string
}

// Remove deletes the file, if it is in the assembly's own folder.
func (f Find) Remove() error {
	if relative, err := filepath.Rel(f.root, f.file); err != nil || !filepath.IsLocal(relative) {
		return nil
	}
	return os.Remove(f.file)
}

// Removable reports whether Remove deletes the file.
func (f Find) Removable() bool {
	relative, err := filepath.Rel(f.root, f.file)
	return err == nil && filepath.IsLocal(relative)
}

// value is a text that is looked for, and all the names under which it was decrypted.
type value struct {
	text plaintext.Text
	keys []string
}

// Scan looks for the values in the assembly.
func Scan(o Options) (Result, error) {
	values := distinct(o.Secrets)
	if len(values) == 0 {
		return Result{}, nil
	}
	a, err := readAssembly(o.Root)
	if err != nil {
		return Result{}, fmt.Errorf("failed to read the assembly: %w", err)
	}
	var patterns []pattern
	for i, v := range values {
		for _, text := range forms(v.text.Reveal()) {
			patterns = append(patterns, pattern{text, i})
		}
	}
	m := newMatcher(patterns)
	defer m.clear()
	s := &search{options: o, assembly: a, matcher: m, values: values}
	s.names = sync.OnceValue(func() *public { return publicNames(a.folders) })
	return s.run(), nil
}

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
		if key := fmt.Sprintf("%q of %s", s.Key, s.File); i >= 0 && !slices.Contains(values[i].keys, key) {
			values[i].keys = append(values[i].keys, key)
		}
	}
	return values
}

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
			var buffer []byte
			for path := range files {
				buffer = s.file(path, buffer)
			}
			clear(buffer)
		})
	}
	for _, path := range s.assembly.files {
		files <- path
	}
	close(files)
	group.Wait()
	slices.SortFunc(s.result.Finds, func(a, b Find) int { return cmp.Compare(a.file, b.file) })
	slices.Sort(s.result.Unsearched)
	return s.result
}

func (s *search) file(path string, buffer []byte) []byte {
	if s.known(path) {
		return buffer
	}
	c := &content{matcher: s.matcher, hits: map[int]bool{}, buffer: buffer}
	err := c.file(path)
	inName := &content{matcher: s.matcher, hits: map[int]bool{}}
	inName.text([]byte(path[len(filepath.Dir(s.assembly.root)):]))
	if !s.assembly.has(path) {
		inName.text([]byte(path))
	}
	// What the file's own name says is looked at when there is something to say of it.
	hits := s.remaining(path, c.hits)
	for i := range s.remaining("", inName.hits) {
		hits[i] = true
	}
	shown := s.shown(path)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(hits) > 0 {
		s.result.Finds = append(s.result.Finds, Find{Path: shown, Keys: s.keys(hits), Locations: s.locations(path, hits), file: path, root: s.assembly.root})
	}
	if err != nil {
		s.result.Unsearched = append(s.result.Unsearched, fmt.Sprintf("%s: %v", shown, err))
	}
	return c.buffer
}

// remaining returns the values of a file's hits that must not be there.
func (s *search) remaining(path string, hits map[int]bool) map[int]bool {
	kept := map[int]bool{}
	for i := range hits {
		if !s.names().has(string(s.values[i].text.Reveal())) {
			kept[i] = true
		}
	}
	if len(kept) == 0 || path == "" {
		return kept
	}
	rest, changed := s.withoutPublished(path)
	if !changed {
		return kept
	}
	c := &content{matcher: s.matcher, hits: map[int]bool{}}
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
		c := &content{matcher: s.matcher, hits: map[int]bool{}}
		c.text([]byte(path))
		if len(c.hits) == 0 || path == s.assembly.root || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

func (s *search) keys(hits map[int]bool) []string {
	var all []string
	for i := range hits {
		all = append(all, s.values[i].keys...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// known reports whether a file is a copy of one that is not searched.
func (s *search) known(path string) bool {
	for _, other := range s.options.Known {
		if sameContent(path, other) {
			return true
		}
	}
	return false
}

func sameContent(a, b string) bool {
	if !strings.EqualFold(filepath.Ext(a), filepath.Ext(b)) {
		return false
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	if err != nil || one.Size() != other.Size() {
		return false
	}
	if os.SameFile(one, other) {
		return true
	}
	first, err := os.ReadFile(a)
	if err != nil {
		return false
	}
	second, err := os.ReadFile(b)
	return err == nil && string(first) == string(second)
}
