package leakscan

import "github.com/ebb7bed6/sopscdk/internal/plaintext"

// Secret is a decrypted value that must not stand in the assembly.
type Secret struct {
	// File is the SOPS file, for messages, and Key the name of the value in it.
	File, Key string
	Text      plaintext.Text
}
