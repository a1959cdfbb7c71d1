package sopsconstructs

import (
	"fmt"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
)

// SetAllowedKeys limits what the files of all secrets of the app may name as
// master keys: ARNs of KMS keys and aliases, ARNs of the roles to use them with,
// age recipients, and the ids of keys of other types, each as a whole. A key with an
// encryption context is KEY|NAME:VALUE,NAME:VALUE, sorted by name, with a backslash
// before each "\\", ":" and "," of a name or value; the key alone does not allow it.
//
// Where the account is not known, an ARN may have "*" for it, as in
// arn:aws:kms:eu-west-1:*:alias/NAME and arn:aws:iam::*:role/NAME. All that a file names
// by such ARNs must be in one account, but in any one: give the account where it is known.
//
// The list holds for every secret without AllowedKeys of its own. Whoever can edit a file
// could otherwise edit the permissions of the function that decrypts it.
//
// It panics when the app has secrets or parameters already: they were not checked.
func SetAllowedKeys(scope constructs.Construct, keys ...string) {
	state := stateOf(scope)
	if state.filled > 0 {
		panic(fmt.Errorf("constructs: SetAllowedKeys comes after %d secrets or parameters, which it no longer limits; call it before the first", state.filled))
	}
	if len(keys) == 0 {
		panic(fmt.Errorf("constructs: SetAllowedKeys without keys would refuse every file; name the keys, roles and recipients that files may have"))
	}
	if err := checkAllowedKeys(keys); err != nil {
		panic(fmt.Errorf("constructs: SetAllowedKeys: %w", err))
	}
	state.allowedKeys = keys
}

// checkAllowedKeys returns an error for an entry that could allow nothing.
func checkAllowedKeys(keys []string) error {
	for _, key := range keys {
		if err := keypolicy.CheckAllowedEntry(key); err != nil {
			return err
		}
	}
	return nil
}
