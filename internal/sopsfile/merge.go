package sopsfile

// MergeKey is the name of YAML's merge key (yaml.org/type/merge). sops knows no merge:
// it keeps the name, and writes the merged map below it.
const MergeKey = "<<"

// Merged returns n as YAML means it: the entries of a map, or of a list of maps, below
// the name "<<" stand in the map around it, at that place. An entry of the map itself
// comes before a merged one of the same name, and an earlier merged map before a later
// one. What stands below "<<" otherwise stays as it is.
func (n Node) Merged() Node {
	if merged, changed := merge(*n.node()); changed {
		return newNode(&merged)
	}
	return n
}

// merge returns n with its merge keys resolved, and whether there were any.
func merge(n node) (node, bool) {
	var kids []node // nil until one changed
	for i := range n.kids {
		kid, changed := merge(n.kids[i])
		if changed && kids == nil {
			kids = append(make([]node, 0, len(n.kids)), n.kids[:i]...)
		}
		if kids != nil {
			kids = append(kids, kid)
		}
	}
	if kids != nil {
		n.kids = kids
	}
	if n.kind != Map || !hasMerge(n.kids) {
		return n, kids != nil
	}
	taken := map[string]bool{}
	for i := range n.kids {
		if kid := &n.kids[i]; kid.kind != Comment && !isMerge(kid) {
			taken[kid.key] = true
		}
	}
	out := make([]node, 0, len(n.kids))
	add := func(from *node) {
		for i := range from.kids {
			if kid := &from.kids[i]; kid.kind != Comment && !taken[kid.key] {
				taken[kid.key] = true
				out = append(out, *kid)
			}
		}
	}
	for i := range n.kids {
		switch kid := &n.kids[i]; {
		case !isMerge(kid):
			out = append(out, *kid)
		case kid.kind == Map:
			add(kid)
		default:
			for i := range kid.kids {
				add(&kid.kids[i])
			}
		}
	}
	n.kids = out
	return n, true
}

func hasMerge(kids []node) bool {
	for i := range kids {
		if isMerge(&kids[i]) {
			return true
		}
	}
	return false
}

// isMerge reports whether a map's entry merges other maps into it.
func isMerge(n *node) bool {
	if n.key != MergeKey || n.kind != Map && n.kind != List {
		return false
	}
	if n.kind == List {
		for i := range n.kids {
			if k := n.kids[i].kind; k != Map && k != Comment {
				return false
			}
		}
	}
	return true
}
