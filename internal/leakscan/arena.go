package leakscan

// arena holds copies of values, so that they can be cleared.
type arena struct{ blocks [][]byte }

// blockSize is how much memory an arena gets at once.
const blockSize = 64 << 10

// keep returns a copy of b.
func (a *arena) keep(b []byte) []byte {
	last := len(a.blocks) - 1
	if last < 0 || cap(a.blocks[last])-len(a.blocks[last]) < len(b) {
		a.blocks = append(a.blocks, make([]byte, 0, max(blockSize, len(b))))
		last++
	}
	block := a.blocks[last]
	from := len(block)
	block = append(block, b...)
	a.blocks[last] = block
	return block[from:len(block):len(block)]
}

// clear overwrites all copies.
func (a *arena) clear() {
	for _, block := range a.blocks {
		clear(block)
	}
}
