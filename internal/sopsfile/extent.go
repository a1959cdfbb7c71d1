package sopsfile

import "errors"

// Extent is how much files hold, of all that a limit counts.
type Extent struct {
	// Size is the bytes of the files.
	Size int
	// Nodes are the maps, lists, scalars and comments, Bytes the bytes of names, values and
	// comments, and Paths those of the names on the way to each value: aliases expanded.
	Nodes, Bytes, Paths int
}

// Extent returns how much the file holds, its metadata left out.
func (f *File) Extent() Extent {
	e := Extent{Size: f.size}
	var walk func(n *node, path int)
	walk = func(n *node, path int) {
		e.Nodes++
		e.Bytes += len(n.key) + len(n.text)
		if n.kind.Scalar() || n.kind == Comment {
			e.Paths += path + len(n.key)
			return
		}
		for i := range n.kids {
			walk(&n.kids[i], path+len(n.key)+1)
		}
	}
	for i := range f.docs {
		walk(&f.docs[i], 0)
	}
	return e
}

// Plus returns how much files hold together.
func (e Extent) Plus(o Extent) Extent {
	return Extent{e.Size + o.Size, e.Nodes + o.Nodes, e.Bytes + o.Bytes, e.Paths + o.Paths}
}

// Check returns an error for files that hold more together than one file may.
func (e Extent) Check() error {
	switch {
	case e.Size > MaxSize:
		return errors.New("over 2 MiB")
	case e.Nodes > maxNodes:
		return errNodes
	case e.Bytes > maxBytes:
		return errBytes
	case e.Paths > maxPathBytes:
		return errPaths
	}
	return nil
}
