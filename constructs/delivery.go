package constructs

// Delivery is the way in which a file's values reach the secret.
type Delivery string

const (
	// Delivery_SYNC carries the encrypted file to a function in the account,
	// which decrypts it and writes the secret. It is the default.
	Delivery_SYNC Delivery = "SYNC"
)
