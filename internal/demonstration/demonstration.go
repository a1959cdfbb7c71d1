// Package demonstration knows the sample file and what is published of it, so that
// no other file is ever encrypted with that.
//
// Anyone can read the age identity that opens the sample (sops/demonstration.agekey),
// and so the sample's data key. A file that names the identity's recipient keeps
// no secret, and neither does one with that data key: sops keeps a file's data key
// through "sops edit", "sops set" and "sops updatekeys", whatever recipients the
// file has then. The one file that may have them is the sample, known by its hash.
// The identity itself is not in this package: package synthfile loads it from the
// sample's folder, for the sample alone.
//
// "go run ./internal/makesample" makes the sample again and prints the recipient
// and the hash; this package's test then says the data key.
package demonstration

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Recipient is the age recipient whose identity is published.
const Recipient = "age17u7504qeh7fe8kt56fznaz9tqput3lzageuzdm027uwyy0qxrvvqsnmyq2"

// IdentityFile is the name of the file that holds the published identity, beside the
// sample.
const IdentityFile = "demonstration.agekey"

// SHA256 is the SHA-256 of sops/mymanagedsecrets.sops.json as committed, in lower-case
// hexadecimal.
const SHA256 = "3edea5761ebe3da2d44b09e96fd82fb021b3699e85e8fde47c76fbc08b004147"

// DataKey is the sample's data key, in base64. It is public, as what it encrypts is.
const DataKey = "XsOZBdRwkAw5JBcuZ8Wb4RfUv2BatIvtK6ufx288dnM="

// formerDataKey is that of an earlier sample, which git's history still has.
const formerDataKey = "OB8GPRsy8+8JaFNbtVEZqA0oAo/JTACkXsgIn0unXl4="

// IsSample reports whether content is the sample, byte for byte.
func IsSample(content []byte) bool {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]) == SHA256
}

// IsPublic reports whether everyone can read the file: because it names the
// published recipient, or has a sample's data key. The sample is, too.
func IsPublic(file *sopsfile.File) bool {
	for _, group := range file.Metadata().Groups {
		for _, key := range group {
			if key.ID == Recipient {
				return true
			}
		}
	}
	for _, published := range []string{DataKey, formerDataKey} {
		if key, err := base64.StdEncoding.DecodeString(published); err == nil && file.OpenedBy(key) {
			return true
		}
	}
	return false
}
