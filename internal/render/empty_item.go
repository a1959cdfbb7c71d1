package render

import "github.com/ebb7bed6/sopscdk/internal/sopsfile"

// EmptyItemBefore returns the name of an empty item that stands before an item on the way
// to the value, map or list with this name, in a list that holds encrypted values; ok is
// false where there is none, or no such value.
//
// SOPS encrypts no empty string, null, empty map or empty list, and authenticates none.
// So whoever can edit the file can put one into a list, and each position behind it is
// then that of another item, with a MAC that fits. t is from [sopsfile.File.Ciphertext].
func EmptyItemBefore(t *sopsfile.Tree, name string) (item string, ok bool) {
	_, path, err := named(t, name)
	if err != nil {
		return "", false
	}
	doc, err := document(t)
	if err != nil {
		return "", false
	}
	n := doc
	for i, s := range path {
		if s.index > 0 && anyEncrypted(n) {
			if at := firstEmpty(n); at >= 0 && at < s.index {
				return flatName(append(path[:i:i], step{"", at})), true
			}
		}
		if n, ok = child(n, s); !ok {
			break
		}
	}
	return "", false
}

// child returns the child at a step.
func child(n sopsfile.Node, s step) (found sopsfile.Node, ok bool) {
	_ = children(n, nil, func(kid sopsfile.Node, path []step) error {
		if !ok && path[0] == s {
			found, ok = kid, true
		}
		return nil
	})
	return found, ok
}

// firstEmpty returns the position of a list's first empty item, or -1.
func firstEmpty(list sopsfile.Node) int {
	at := -1
	_ = children(list, nil, func(kid sopsfile.Node, path []step) error {
		if at < 0 && isEmpty(kid) {
			at = path[0].index
		}
		return nil
	})
	return at
}

// isEmpty reports whether sops encrypts nothing of n.
func isEmpty(n sopsfile.Node) bool {
	if k := n.Kind(); k == sopsfile.Map || k == sopsfile.List {
		return empty(n)
	}
	return n.Kind() == sopsfile.Null || n.IsEmptyString()
}

func anyEncrypted(n sopsfile.Node) bool {
	for i := range n.Len() {
		if kid := n.At(i); kid.Encrypted() || anyEncrypted(kid) {
			return true
		}
	}
	return false
}
