package sopsfile

import (
	"strconv"
	"strings"
)

// dotenv and INI have no nesting. Their metadata has it in the names: kms__list_0__map_arn.
const (
	mapMark  = "__map_"
	listMark = "__list_"
)

// branch is a map or list of the metadata on its way back from flat names.
type branch struct {
	leaf  *node
	names []string // of a map, in file order
	maps  map[string]*branch
	items map[int]*branch
	depth int
	made  *int // branches of the whole tree
}

// unflatten returns the metadata that flat names stand for.
func unflatten(flat []node) (node, error) {
	root := &branch{made: new(int)}
	for i := range flat {
		if flat[i].kind == Comment {
			continue
		}
		if err := root.place(flat[i].key, &flat[i]); err != nil {
			return node{}, err
		}
	}
	return root.node("")
}

// place puts a leaf where its name says.
func (b *branch) place(name string, leaf *node) error {
	at := b
	rest, isItem := name, false
	for {
		// The part before the next mark of either kind.
		m, l := strings.Index(rest, mapMark), strings.Index(rest, listMark)
		end := len(rest)
		if m >= 0 {
			end = m
		}
		if l >= 0 && l < end {
			end = l
		}
		part := rest[:end]
		next, err := at.child(part, isItem)
		if err != nil {
			return metadataError(name, err.Error())
		}
		if at = next; at.depth > maxDepth {
			return errDepth
		}
		if *b.made > maxBranches {
			return errBranches
		}
		if end == len(rest) {
			break
		}
		rest = rest[end:]
		if isItem = strings.HasPrefix(rest, listMark); isItem {
			rest = rest[len(listMark):]
		} else {
			rest = rest[len(mapMark):]
		}
	}
	if at.leaf != nil || at.maps != nil || at.items != nil {
		return metadataError(name, errFlat.Error())
	}
	at.leaf = leaf
	return nil
}

type flatError string

func (e flatError) Error() string { return string(e) }

const (
	errFlat     = flatError("stands for a value where another name has a map, a list or a value")
	errPosition = flatError("has no position in a list that sops writes")
)

// child is the entry or item of b; made, if it is not there.
func (b *branch) child(part string, isItem bool) (*branch, error) {
	if b.leaf != nil || isItem && b.maps != nil || !isItem && b.items != nil {
		return nil, errFlat
	}
	if isItem {
		i, err := strconv.Atoi(part)
		if err != nil || i < 0 || i > maxKeys || strconv.Itoa(i) != part {
			return nil, errPosition
		}
		if b.items == nil {
			b.items = make(map[int]*branch)
		}
		if b.items[i] == nil {
			b.items[i] = b.sub()
		}
		return b.items[i], nil
	}
	if b.maps == nil {
		b.maps = make(map[string]*branch)
	}
	if b.maps[part] == nil {
		b.maps[part] = b.sub()
		b.names = append(b.names, part)
	}
	return b.maps[part], nil
}

func (b *branch) sub() *branch {
	*b.made++
	return &branch{depth: b.depth + 1, made: b.made}
}

// node turns b into a node.
func (b *branch) node(key string) (node, error) {
	if b.leaf != nil {
		n := *b.leaf
		n.key = key
		return n, nil
	}
	n := node{key: key, kind: Map}
	if b.items != nil {
		n.kind = List
		for i := range len(b.items) {
			item := b.items[i]
			if item == nil {
				return n, metadataError(key, "is a list with a gap")
			}
			kid, err := item.node("")
			if err != nil {
				return n, err
			}
			n.kids = append(n.kids, kid)
		}
		return n, nil
	}
	for _, name := range b.names {
		kid, err := b.maps[name].node(name)
		if err != nil {
			return n, err
		}
		n.kids = append(n.kids, kid)
	}
	return n, nil
}
