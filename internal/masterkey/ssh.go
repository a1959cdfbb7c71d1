//go:build !sopssync

package masterkey

import (
	"errors"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"
)

// parseSSHKey reads one private SSH key, Ed25519 or RSA.
func parseSSHKey(text []byte) (ids []age.Identity, problem string) {
	id, err := agessh.ParseIdentity(text)
	if _, ok := errors.AsType[*ssh.PassphraseMissingError](err); ok {
		return nil, "it is protected by a passphrase, which is not asked for here; give the key without one through " + envSSHCommand
	}
	if err != nil {
		return nil, "it is no private SSH key that age can use (Ed25519 or RSA)"
	}
	return []age.Identity{id}, ""
}
