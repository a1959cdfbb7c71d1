package sopsfile

// Sets of shares are tried until one of these is reached, which is far more than a
// file needs in which a few shares are wrong.
const (
	maxCombinations = 10_000
	maxPairs        = 2_000_000 // of shares in those sets: a set costs the square of its size
)

// shares are what the groups of a file gave so far: with one group the data key
// itself, otherwise Shamir shares of it. Which of them are right shows only when a
// combination opens the file's MAC.
type shares struct {
	meta  *Metadata
	of    [][][]byte  // per group, the different shares that its keys gave
	done  func() bool // reports whether nobody waits any more
	tried int
	pairs int
	// short says that a combination of as many shares as the file asks for failed.
	short bool
}

func newShares(m *Metadata, done func() bool) *shares {
	return &shares{meta: m, done: done, of: make([][][]byte, len(m.Groups))}
}

// has reports whether a group gave a share.
func (s *shares) has(group int) bool { return len(s.of[group]) > 0 }

// add takes a group's share and tries what it makes possible. The opener is not
// nil when that opens the file; the error says that the share cannot be right.
func (s *shares) add(group int, b []byte) (*opener, []byte, error) {
	if len(s.of) == 1 {
		defer clear(b)
		return s.meta.newOpener(b)
	}
	if len(b) != keySize+1 || b[keySize] == 0 {
		clear(b)
		return nil, nil, errNotShare
	}
	for _, known := range s.of[group] {
		if string(known) == string(b) {
			clear(b)
			return nil, nil, nil
		}
	}
	s.of[group] = append(s.of[group], b)
	least, most := s.meta.Threshold(), s.meta.ShamirThreshold
	if most == 0 { // the file does not say: combine what there is
		for i := range s.of {
			if s.has(i) {
				most++
			}
		}
	}
	for size := max(least, most); size >= least; size-- {
		if o, mac := s.combinations(make([][]byte, 0, size), 0, size, group, b); o != nil {
			return o, mac, nil
		}
	}
	return nil, nil, nil
}

// enough reports whether no more sets are tried.
func (s *shares) enough() bool {
	return s.tried >= maxCombinations || s.pairs >= maxPairs || s.done()
}

// combinations tries all sets of size shares, one per group, of which one is b. set is what
// is chosen so far, with room for size.
func (s *shares) combinations(set [][]byte, from, size, group int, b []byte) (*opener, []byte) {
	s.pairs++ // sets that groups without a share keep from being filled cost time, too
	if len(set) == size {
		if from <= group || s.enough() {
			return nil, nil
		}
		s.tried++
		s.pairs += size * size
		s.short = true
		key, ok := combine(set)
		defer clear(key)
		if !ok {
			return nil, nil
		}
		o, mac, err := s.meta.newOpener(key)
		if err != nil {
			return nil, nil
		}
		return o, mac
	}
	// Places that are left: the last one is for b while the set is without it, and no set
	// is begun that too few groups are left to fill.
	left := size - len(set)
	if from <= group && left == 1 {
		from = group
	}
	for g := from; g <= len(s.of)-left && !s.enough(); g++ {
		if g > group && from <= group {
			return nil, nil // the set would be without b
		}
		if g == group {
			if o, mac := s.combinations(append(set, b), g+1, size, group, b); o != nil {
				return o, mac
			}
			continue
		}
		for _, other := range s.of[g] {
			if o, mac := s.combinations(append(set, other), g+1, size, group, b); o != nil {
				return o, mac
			}
		}
	}
	return nil, nil
}

// wrong reports whether there are shares enough and they open nothing, so that one
// of them is wrong. Without a threshold in the file that shows when all are there.
func (s *shares) wrong(settled bool) bool {
	if len(s.of) == 1 {
		return false
	}
	return s.short && (s.meta.ShamirThreshold > 0 || settled)
}

// clear overwrites every share.
func (s *shares) clear() {
	for _, of := range s.of {
		for _, b := range of {
			clear(b)
		}
	}
}
