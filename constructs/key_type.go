package sopsconstructs

import "github.com/ebb7bed6/sopscdk/internal/filepolicy"

// KeyType is a type of master key, for [FilePolicy].
type KeyType string

// The types of master keys. Only KMS keys, and age recipients with [SopsFile].AgeIdentities,
// are used at deploy; others are for people.
const (
	KeyTypeKMS KeyType = KeyType(filepolicy.KMS)
	// KeyTypePostQuantumAge are age recipients that a quantum computer does not help to open:
	// age1pq1… (ML-KEM-768 with X25519), and age1tagpq1… for hardware keys.
	KeyTypePostQuantumAge KeyType = KeyType(filepolicy.PostQuantumAge)
	// KeyTypeAge are all age recipients, those of SSH among them.
	KeyTypeAge           KeyType = KeyType(filepolicy.Age)
	KeyTypePGP           KeyType = KeyType(filepolicy.PGP)
	KeyTypeGCPKMS        KeyType = KeyType(filepolicy.GCPKMS)
	KeyTypeAzureKeyVault KeyType = KeyType(filepolicy.AzureKV)
	KeyTypeVault         KeyType = KeyType(filepolicy.HCVault)
	KeyTypeHuaweiKMS     KeyType = KeyType(filepolicy.HCKMS)
)
