package sopsfile

import (
	"fmt"
	"slices"
)

// CheckAllowed fails when the file names a key, a role or a recipient that is not
// in allowed: an ARN of a KMS key, alias or role, an age recipient, or the id of
// any other [MasterKey]. It compares whole texts. Whoever can edit the file could
// otherwise choose whose key the reader calls, and as whom; so it is checked
// before any call. An empty allowed refuses every key.
func (m *Metadata) CheckAllowed(allowed []string) error {
	for _, group := range m.Groups {
		for _, k := range group {
			if !slices.Contains(allowed, k.ID) {
				return fmt.Errorf("the file names the %s key %s, which is not among the allowed keys", k.Type, quotePath(k.ID))
			}
			if k.Role != "" && !slices.Contains(allowed, k.Role) {
				return fmt.Errorf("the file names the role %s, which is not among the allowed keys", quotePath(k.Role))
			}
		}
	}
	return nil
}
