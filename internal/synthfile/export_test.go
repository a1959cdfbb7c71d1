package synthfile

import "github.com/ebb7bed6/sopscdk/internal/masterkey"

// Ring is a key ring as [Files] takes it.
type Ring = ring

// LocalRing is the ring of [NewLocal].
func LocalRing(r Ring, notAsked error) Ring { return localRing{r, notAsked} }

// AtOnce is how many files are decrypted side by side.
const AtOnce = atOnce

// NewWithRing returns Files with another kind of key ring.
func NewWithRing(makeRing func(masterkey.Options) (Ring, error)) *Files {
	f := New()
	f.makeRing = makeRing
	return f
}

// SharedRing is the ring that asks for each data key once.
type SharedRing interface {
	Ring
	Forget()
	// Kept is how many answers it holds.
	Kept() int
}

type shared struct{ *sharedRing }

// NewSharedRing returns one that asks r.
func NewSharedRing(r Ring) SharedRing { return shared{newSharedRing(r)} }

func (s shared) Forget() { s.forget() }

func (s shared) Kept() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}
