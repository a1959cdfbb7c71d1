package sopsfile

import "context"

// nodesAtOnce is how many nodes are read, checked or decrypted before the context is looked
// at.
const nodesAtOnce = 1024

// builder collects the nodes of a tree: children on a stack while their map or
// list is open, then side by side in one of a few large blocks.
type builder struct {
	ctx   context.Context
	stack []node
	block []node
	seen  map[string]struct{}
	nodes int
	bytes int // of names, values and comments
}

// spend counts n bytes that are about to be copied or kept.
func (b *builder) spend(n int) error {
	if b.bytes += n; b.bytes > maxBytes {
		return errBytes
	}
	return nil
}

// push adds a child to the innermost open map or list.
func (b *builder) push(n node) error {
	if err := b.spend(len(n.key) + len(n.text)); err != nil {
		return err
	}
	return b.add(n)
}

// add is push for a child whose bytes were spent before.
func (b *builder) add(n node) error {
	if b.nodes++; b.nodes > maxNodes {
		return errNodes
	}
	if b.nodes%nodesAtOnce == 0 && b.ctx.Err() != nil {
		return late(b.ctx, "read")
	}
	b.stack = append(b.stack, n)
	return nil
}

// open starts a map or list; close with the same number ends it.
func (b *builder) open() int { return len(b.stack) }

// close takes the children pushed since open.
func (b *builder) close(base int) []node {
	kids := b.stack[base:]
	if len(kids) == 0 {
		return nil
	}
	if cap(b.block)-len(b.block) < len(kids) {
		b.block = make([]node, 0, max(64, len(kids), min(2*cap(b.block), 1024)))
	}
	at := len(b.block)
	b.block = append(b.block, kids...)
	clear(kids)
	b.stack = b.stack[:base]
	return b.block[at:len(b.block):len(b.block)]
}

// duplicate finds a name that stands twice among the entries of a map.
func (b *builder) duplicate(kids []node) (string, bool) {
	if len(kids) <= 8 {
		for i := range kids {
			if kids[i].kind == Comment {
				continue
			}
			for j := range i {
				if kids[j].key == kids[i].key && kids[j].kind != Comment {
					return kids[i].key, true
				}
			}
		}
		return "", false
	}
	if b.seen == nil {
		b.seen = make(map[string]struct{}, len(kids))
	}
	clear(b.seen)
	for i := range kids {
		if kids[i].kind == Comment {
			continue
		}
		if _, twice := b.seen[kids[i].key]; twice {
			return kids[i].key, true
		}
		b.seen[kids[i].key] = struct{}{}
	}
	return "", false
}
