package filepolicy

import (
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// KeyType is a type of master key: one of sops's own, or [PostQuantumAge].
type KeyType string

// The types, by their names in a file, and PostQuantumAge, which are those age recipients
// that a quantum computer does not help to open: age1pq1… (ML-KEM-768 with X25519, native
// since age 1.3), and age1tagpq1… for hardware keys. Age is any age recipient.
const (
	KMS            = KeyType(sopsfile.KMS)
	Age            = KeyType(sopsfile.Age)
	PostQuantumAge = KeyType("age-post-quantum")
	PGP            = KeyType(sopsfile.PGP)
	GCPKMS         = KeyType(sopsfile.GCPKMS)
	AzureKV        = KeyType(sopsfile.AzureKV)
	HCVault        = KeyType(sopsfile.HCVault)
	HCKMS          = KeyType(sopsfile.HCKMS)
)

// KeyTypes returns all types.
func KeyTypes() []KeyType {
	return []KeyType{KMS, Age, PostQuantumAge, PGP, GCPKMS, AzureKV, HCVault, HCKMS}
}

// has reports whether the key is of the type.
func (t KeyType) has(k sopsfile.MasterKey) bool {
	if t == PostQuantumAge {
		end := strings.LastIndex(k.ID, "1") // of the kind, in Bech32; age1pq1NAME1… is a plugin's
		return k.Type == sopsfile.Age && end > 0 && (k.ID[:end] == "age1pq" || k.ID[:end] == "age1tagpq")
	}
	return string(t) == string(k.Type)
}

// isDated reports whether entries of the type say when they were made.
func (t KeyType) isDated() bool { return t != Age && t != PostQuantumAge }

func texts(types []KeyType) []string {
	list := make([]string, len(types))
	for i, t := range types {
		list[i] = string(t)
	}
	return list
}
