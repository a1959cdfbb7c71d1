package leakscan

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	// chunk is how many bytes are searched at once, and overlap how many of them again with
	// the next: no form of a value with its escapes is longer.
	chunk   = 4 << 20
	overlap = 64 << 10
	// maxDepth is how many archives inside each other are opened.
	maxDepth = 3
	// maxInner is the size of an archive in an archive that is opened.
	maxInner = 64 << 20
	// maxEntries is how many entries an archive may have.
	maxEntries = 200_000
)

// maxExpanded is how many bytes are read from the archives in a file.
var maxExpanded int64 = 512 << 20

var (
	errExpanded = fmt.Errorf("its archives hold more than %d bytes", maxExpanded)
	errInner    = fmt.Errorf("an archive in it has more than %d bytes", maxInner)
	errDepth    = fmt.Errorf("more than %d archives are inside each other", maxDepth)
	errEntries  = fmt.Errorf("it has more than %d entries", maxEntries)
	errArchive  = errors.New("it has an archive that cannot be read to its end")
)

// content searches one file after the other.
type content struct {
	matcher  *matcher
	hits     map[int]bool // the numbers of the values that were found
	expanded int64        // bytes read from archives
	buffer   []byte
}

// reset begins another file.
func (c *content) reset() { c.hits, c.expanded = map[int]bool{}, 0 }

// file searches the file at path. An error says that a part of it was not searched: it
// names nothing of its content.
func (c *content) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return errors.New("it cannot be opened")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	var magic [4]byte
	_, _ = io.ReadFull(f, magic[:])
	if isZip(magic[:]) {
		return c.zip(f, info.Size(), 1)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return errors.New("it cannot be read")
	}
	return c.stream(bufio.NewReader(f), 0)
}

func isZip(b []byte) bool { return bytes.HasPrefix(b, []byte("PK\x03\x04")) }

func isGzip(b []byte) bool { return bytes.HasPrefix(b, []byte{0x1f, 0x8b, 8}) }

// stream searches what r reads, which is inside depth archives.
func (c *content) stream(r *bufio.Reader, depth int) error {
	magic, _ := r.Peek(4)
	switch {
	case isGzip(magic):
		if depth == maxDepth {
			return errDepth
		}
		head, _ := r.Peek(r.Size()) // it is none, or shorter, if its own cannot be read
		c.text(head)
		unzipped, err := gzip.NewReader(r)
		if err != nil {
			_ = c.plain(r)
			return errArchive
		}
		c.text([]byte(unzipped.Name + "\x00" + unzipped.Comment))
		return c.stream(bufio.NewReader(c.limited(unzipped)), depth+1)
	case isZip(magic):
		if depth == maxDepth {
			return errDepth
		}
		whole, err := io.ReadAll(io.LimitReader(r, maxInner+1))
		if err != nil {
			return cause(err)
		}
		if len(whole) > maxInner {
			return errInner
		}
		return c.zip(bytes.NewReader(whole), int64(len(whole)), depth+1)
	}
	return c.plain(r)
}

func (c *content) zip(r io.ReaderAt, size int64, depth int) error {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		_ = c.plain(io.NewSectionReader(r, 0, size))
		return errArchive
	}
	if len(archive.File) > maxEntries {
		return errEntries
	}
	names := []byte(archive.Comment)
	for _, f := range archive.File {
		names = append(append(append(append(names, 0), f.Name...), 0), f.Comment...)
		names = append(append(names, 0), f.Extra...)
	}
	c.text(names)
	var first error
	for _, f := range archive.File {
		entry, err := f.Open()
		if err != nil {
			first = cmp.Or(first, errArchive)
			continue
		}
		err = c.stream(bufio.NewReader(c.limited(entry)), depth)
		entry.Close()
		if errors.Is(err, errExpanded) {
			return err
		}
		first = cmp.Or(first, err)
	}
	return first
}

// cause returns the error with which reading ended, without what it says of the content.
func cause(err error) error {
	if errors.Is(err, errExpanded) {
		return errExpanded
	}
	return errArchive
}

// limited reads from an archive as long as the file's archives do not hold too much.
func (c *content) limited(r io.Reader) io.Reader { return &limited{c, r} }

type limited struct {
	content *content
	r       io.Reader
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.content.expanded += int64(n); l.content.expanded > maxExpanded {
		return 0, errExpanded
	}
	return n, err
}

// plain searches what r reads, piece by piece.
func (c *content) plain(r io.Reader) error {
	if c.buffer == nil {
		c.buffer = make([]byte, 64<<10)
	}
	kept := 0
	var end error
	for {
		for end == nil && kept < len(c.buffer) {
			var n int
			n, end = r.Read(c.buffer[kept:])
			kept += n
		}
		if end == nil && len(c.buffer) < chunk { // most files are small
			c.buffer = append(c.buffer, make([]byte, min(3*len(c.buffer), chunk-len(c.buffer)))...)
			continue
		}
		piece := c.buffer[:kept]
		c.whole(piece)
		if end != nil {
			if errors.Is(end, io.EOF) {
				return nil
			}
			return cause(end)
		}
		kept = copy(c.buffer, piece[len(piece)-overlap:])
	}
}

// whole searches a text, and what the functions of a template in it make of literals.
func (c *content) whole(text []byte) {
	c.text(text)
	joined(text, c.text)
}

// text searches a text below all its escapes.
func (c *content) text(text []byte) {
	views(text, c.matcher.longest, func(view []byte) {
		c.matcher.find(view, func(value int) { c.hits[value] = true })
	})
}
