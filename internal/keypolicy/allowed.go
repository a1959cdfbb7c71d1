package keypolicy

import (
	"fmt"
	"slices"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// CheckAllowed returns an error when a file names a key, a role or a recipient that
// is not in allowed: ARNs of KMS keys, aliases and roles, age recipients, and the ids
// of any other [sopsfile.MasterKey]. It compares whole texts. Whoever can edit the
// file could otherwise choose whose key the reader calls, and as whom; so it is
// checked before any call. An empty allowed refuses every key.
func CheckAllowed(m *sopsfile.Metadata, allowed []string) error {
	for _, group := range m.Groups {
		for _, k := range group {
			if !slices.Contains(allowed, k.ID) {
				return fmt.Errorf("the file names the %s key %s, which is not among the allowed keys", k.Type, filetext.Quote(k.ID))
			}
			if k.Role != "" && !slices.Contains(allowed, k.Role) {
				return fmt.Errorf("the file names the role %s, which is not among the allowed keys", filetext.Quote(k.Role))
			}
		}
	}
	return nil
}

// Usable returns the part of a file's key groups that the function can use: KMS
// entries and, with hasIdentities, age entries. A group without any stays, empty.
func Usable(m *sopsfile.Metadata, hasIdentities bool) *sopsfile.Metadata {
	usable := *m
	usable.Groups = make([]sopsfile.KeyGroup, len(m.Groups))
	for i, group := range m.Groups {
		for _, k := range group {
			if k.Type == sopsfile.KMS || k.Type == sopsfile.Age && hasIdentities {
				usable.Groups[i] = append(usable.Groups[i], k)
			}
		}
	}
	return &usable
}

// Openable reports how many of a file's key groups the function can open, and how
// many it needs.
func Openable(m *sopsfile.Metadata, hasIdentities bool) (can, needs int) {
	for _, group := range Usable(m, hasIdentities).Groups {
		if len(group) > 0 {
			can++
		}
	}
	return can, m.Threshold()
}

// Names returns all that a file names as master keys: the ids of its keys, and its
// roles.
func Names(m *sopsfile.Metadata) []string {
	var names []string
	for _, group := range m.Groups {
		for _, k := range group {
			names = append(names, k.ID)
			if k.Role != "" {
				names = append(names, k.Role)
			}
		}
	}
	return names
}
