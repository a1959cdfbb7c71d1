package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// rounds is how many processes of each function are started.
const rounds = 41

// contest is the two functions, and what was measured of them. Each round starts a
// process of one and then of the other, so that what else the machine does meets
// both; a process handles one event. All x86_64.
type contest struct {
	dir        string
	ours, peer function
	done       bool
}

// function is one of the two.
type function struct {
	zip, binary string
	event       func(w *world, request int) ([]byte, error)
	ready       []time.Duration // from the process's start to its first request for an event
	handle      []time.Duration // from the event to the end of its handling
	memory      []int64         // most memory of the process until then, in bytes
}

func (c *contest) close() {
	if c.dir != "" {
		_ = os.RemoveAll(c.dir)
		c.dir = ""
	}
}

// print prints one measurement: the zip's size, or a median of the rounds, which
// all names share.
func (c *contest) print(name string) error {
	if err := c.build(); err != nil {
		return err
	}
	if name != "function-size" {
		if err := c.measure(); err != nil {
			return err
		}
	}
	switch name {
	case "function-size":
		ours, err := os.Stat(c.ours.zip)
		if err != nil {
			return err
		}
		peer, err := os.Stat(c.peer.zip)
		if err != nil {
			return err
		}
		printPair(name, ours.Size(), peer.Size(), func(n int64) string { return fmt.Sprintf("%.2fMB", float64(n)/1e6) })
	case "function-ready":
		printPair(name, median(c.ours.ready), median(c.peer.ready), ms)
	case "function-handle":
		printPair(name, median(c.ours.handle), median(c.peer.handle), ms)
	case "function-memory":
		printPair(name, median(c.ours.memory), median(c.peer.memory), func(n int64) string { return fmt.Sprintf("%.1fMiB", float64(n)/(1<<20)) })
	default:
		return fmt.Errorf("no such measurement")
	}
	return nil
}

func printPair[T int64 | time.Duration](name string, ours, peer T, text func(T) string) {
	fmt.Printf("%s ours=%s peer=%s ratio=%.2f part=%.3f\n", name, text(ours), text(peer), float64(peer)/float64(ours), float64(ours)/float64(peer))
}

func median[T int64 | time.Duration](of []T) T {
	slices.Sort(of)
	return of[len(of)/2]
}

// build builds ours, as it is done at synth, and gets the peer.
func (c *contest) build() error {
	if c.dir != "" {
		return nil
	}
	var err error
	if c.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	if c.ours, err = buildOurs(c.dir); err != nil {
		return err
	}
	c.peer, err = fetchPeer(c.dir)
	return err
}

func buildOurs(dir string) (function, error) {
	source, err := filepath.Abs(filepath.Join("..", "cmd", "sopssync"))
	if err != nil {
		return function{}, err
	}
	built, err := functionbuild.Compile(source, dir, functionbuild.AMD64)
	if err != nil {
		return function{}, err
	}
	content, err := os.ReadFile(built.Zip)
	if err != nil {
		return function{}, err
	}
	ours := function{zip: built.Zip, binary: filepath.Join(dir, "bootstrap"), event: ourEvent}
	return ours, unzip(content, ours.binary)
}

func (c *contest) measure() error {
	if c.done {
		return nil
	}
	w, err := newWorld(c.dir)
	if err != nil {
		return err
	}
	defer w.close()
	for i := range rounds {
		for _, f := range []*function{&c.ours, &c.peer} {
			if err := w.run(f, i); err != nil {
				return fmt.Errorf("%s: %w", filepath.Base(filepath.Dir(f.binary)), err)
			}
		}
	}
	c.done = true
	return nil
}
