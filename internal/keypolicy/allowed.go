package keypolicy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// CheckAllowed returns an error when a file names a key, a role or a recipient that
// is not in allowed: ARNs of KMS keys, aliases and roles, age recipients, and the ids
// of any other [sopsfile.MasterKey]. A key with an encryption context is allowed with
// that context alone, as [WithContext] writes it. It compares whole texts. Whoever can edit the
// file could otherwise choose whose key the reader calls, and as whom; so it is
// checked before any call. An empty allowed refuses every key.
func CheckAllowed(m *sopsfile.Metadata, allowed []string) error {
	for _, group := range m.Groups {
		for _, k := range group {
			if len(k.Context) > 0 {
				if !slices.Contains(allowed, WithContext(k)) {
					return fmt.Errorf("the file names the %s key %s with an encryption context (%s), which is not among the allowed keys as KEY|NAME:VALUE", k.Type, filetext.Quote(k.ID), strings.Join(filetext.Quoted(slices.Sorted(maps.Keys(k.Context))), ", "))
				}
			} else if !slices.Contains(allowed, k.ID) {
				return fmt.Errorf("the file names the %s key %s, which is not among the allowed keys", k.Type, filetext.Quote(k.ID))
			}
			if k.Role != "" && !slices.Contains(allowed, k.Role) {
				return fmt.Errorf("the file names the role %s, which is not among the allowed keys", filetext.Quote(k.Role))
			}
		}
	}
	return nil
}

// WithContext returns a key and its encryption context as they stand among allowed
// keys: KEY|NAME:VALUE,NAME:VALUE, by name, as sops writes a key on its command line. A
// backslash stands before each "\\", ":" and "," of a name or value. A key without a
// context is its id alone.
func WithContext(k sopsfile.MasterKey) string {
	if len(k.Context) == 0 {
		return k.ID
	}
	escape := strings.NewReplacer(`\`, `\\`, ":", `\:`, ",", `\,`)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(k.Context)) {
		pairs = append(pairs, escape.Replace(name)+":"+escape.Replace(k.Context[name]))
	}
	return k.ID + "|" + strings.Join(pairs, ",")
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

// Names returns all that a file names as master keys, as [CheckAllowed] takes it: the
// ids of its keys, with their encryption contexts, and its roles.
func Names(m *sopsfile.Metadata) []string {
	var names []string
	for _, group := range m.Groups {
		for _, k := range group {
			names = append(names, WithContext(k))
			if k.Role != "" {
				names = append(names, k.Role)
			}
		}
	}
	return names
}
