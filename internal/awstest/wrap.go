package awstest

// Wrap gives the ciphertext that the server's KMS gives for plain under the key
// arn and the encryption context: for tests that make a file by hand.
func Wrap(arn string, plain []byte, context map[string]string) []byte {
	return seal(arn, plain, context)
}
