package constructs

// Delivery is the way in which a file's values reach the secret.
type Delivery string

const (
	// Delivery_SYNC carries the encrypted file to a function in the account,
	// which decrypts it and writes the secret. It is the default.
	Delivery_SYNC Delivery = "SYNC"
	// Delivery_PLAINTEXT_TEMPLATE puts the decrypted values into the template, with
	// no function at all: whoever may read the template, the assembly in cdk.out, the
	// bucket that cdk uploads it to or the stack's history reads the secret. It
	// cannot be synthesized with sops:decrypt=skip.
	Delivery_PLAINTEXT_TEMPLATE Delivery = "PLAINTEXT_TEMPLATE"
)
