package sopsfile

// Overlay returns a tree without a format, of the maps docs laid over each other: maps of
// one name become one map, at every depth; of any other two entries with one name the
// later stands, at the place of the earlier. Comments are left out. values says whether
// the docs are decrypted. There is at least one of them.
func Overlay(values bool, docs ...Node) *Tree {
	over := withoutComments(*docs[0].node())
	for _, doc := range docs[1:] {
		over = overlay(over, *doc.node())
	}
	over.key = ""
	return newTree(treeData{docs: []node{over}, values: values})
}

func withoutComments(n node) node {
	if n.kind == Map {
		return overlay(node{key: n.key, kind: Map}, n)
	}
	return n
}

// overlay returns n with the later one over it. It changes neither.
func overlay(n, later node) node {
	if n.kind != Map || later.kind != Map {
		return withoutComments(later)
	}
	kids := make([]node, len(n.kids), len(n.kids)+len(later.kids))
	copy(kids, n.kids)
	at := make(map[string]int, cap(kids))
	for i := range kids {
		at[kids[i].key] = i
	}
	for _, kid := range later.kids {
		if kid.kind == Comment {
			continue
		}
		if i, both := at[kid.key]; both {
			kids[i] = overlay(kids[i], kid)
			continue
		}
		at[kid.key] = len(kids)
		kids = append(kids, withoutComments(kid))
	}
	n.kids = kids
	return n
}
