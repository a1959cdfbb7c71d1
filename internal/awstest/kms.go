package awstest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
)

// ciphertextMagic begins every ciphertext of this server. After it: the length
// of the key's ARN (2 bytes, big endian), the ARN, 12 bytes of nonce, AES-GCM.
const ciphertextMagic = "awstest\x01"

const nonceSize = 12

// kmsInput is what the four operations take, together.
type kmsInput struct {
	KeyID             string `json:"KeyId"`
	Plaintext         []byte
	CiphertextBlob    []byte
	EncryptionContext map[string]string
	KeySpec           string
	NumberOfBytes     int
}

// kms answers KMS: Encrypt, Decrypt, GenerateDataKey and DescribeKey.
func (s *Server) kms(r *Request) (any, error) {
	var in kmsInput
	if err := r.Decode(&in); err != nil {
		return nil, err
	}
	if r.Action == "Decrypt" {
		return s.decrypt(r, in)
	}
	key, err := s.key(r, in.KeyID, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	switch r.Action {
	case "Encrypt":
		return map[string]any{
			"KeyId": key.arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
			"CiphertextBlob": seal(key.arn, in.Plaintext, in.EncryptionContext),
		}, nil
	case "GenerateDataKey":
		data := s.dataKey(key.arn, in)
		return map[string]any{
			"KeyId": key.arn, "Plaintext": data,
			"CiphertextBlob": seal(key.arn, data, in.EncryptionContext),
		}, nil
	case "DescribeKey":
		return map[string]any{"KeyMetadata": map[string]any{
			"Arn": key.arn, "KeyId": key.id(), "AWSAccountId": accountOf(key.arn),
			"Enabled": true, "KeyState": "Enabled", "KeyUsage": "ENCRYPT_DECRYPT",
			"KeySpec": "SYMMETRIC_DEFAULT", "KeyManager": "CUSTOMER", "Origin": "AWS_KMS",
		}}, nil
	}
	return nil, &Error{Code: "UnsupportedOperationException", Message: "awstest: KMS does not know " + r.Action}
}

// decrypt follows the real order of refusals: the named key must exist and be
// usable, then be the one that made the ciphertext, then the context must fit.
func (s *Server) decrypt(r *Request, in kmsInput) (any, error) {
	made, nonce, sealed, ok := splitCiphertext(in.CiphertextBlob)
	if !ok {
		return nil, &Error{Code: "InvalidCiphertextException"}
	}
	id := in.KeyID
	if id == "" {
		id = made
	}
	key, err := s.key(r, id, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	if !sameKey(key.arn, made) {
		return nil, &Error{
			Code:    "IncorrectKeyException",
			Message: "The key ID in the request does not identify a CMK that can perform this operation.",
		}
	}
	plain, err := aead(made).Open(nil, nonce, sealed, additionalData(in.EncryptionContext))
	if err != nil {
		return nil, &Error{Code: "InvalidCiphertextException"}
	}
	return map[string]any{"KeyId": key.arn, "Plaintext": plain, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}, nil
}

// sameKey reports whether two ARNs are of one key: the same, or replicas of a
// multi-Region key.
func sameKey(a, b string) bool {
	return a == b || strings.Contains(a, ":key/mrk-") && accountOf(a) == accountOf(b) && a[strings.LastIndex(a, ":"):] == b[strings.LastIndex(b, ":"):]
}

// seal encrypts without randomness: equal input gives equal output, so that what
// is made with this server can be compared. The nonce is a MAC of the input.
func seal(arn string, plain []byte, context map[string]string) []byte {
	ad := additionalData(context)
	mac := hmac.New(sha256.New, keyOf(arn))
	mac.Write(ad)
	mac.Write(plain)
	nonce := mac.Sum(nil)[:nonceSize]
	out := append([]byte(ciphertextMagic), byte(len(arn)>>8), byte(len(arn)))
	out = append(out, arn...)
	out = append(out, nonce...)
	return aead(arn).Seal(out, nonce, plain, ad)
}

func splitCiphertext(b []byte) (arn string, nonce, sealed []byte, ok bool) {
	rest, ok := strings.CutPrefix(string(b), ciphertextMagic)
	if !ok || len(rest) < 2 {
		return "", nil, nil, false
	}
	n := int(binary.BigEndian.Uint16([]byte(rest)))
	rest = rest[2:]
	if len(rest) < n+nonceSize {
		return "", nil, nil, false
	}
	return rest[:n], []byte(rest[n : n+nonceSize]), []byte(rest[n+nonceSize:]), true
}

// keyOf derives a key's key from its ARN alone: see the package's documentation.
func keyOf(arn string) []byte {
	sum := sha256.Sum256([]byte("awstest key of " + arn))
	return sum[:]
}

func aead(arn string) cipher.AEAD {
	block, err := aes.NewCipher(keyOf(arn))
	if err != nil {
		panic(err) // 32 bytes are always a key
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcm
}

// additionalData is an unambiguous form of an encryption context.
func additionalData(context map[string]string) []byte {
	var out []byte
	for _, k := range slices.Sorted(maps.Keys(context)) {
		for _, s := range []string{k, context[k]} {
			out = binary.BigEndian.AppendUint32(out, uint32(len(s)))
			out = append(out, s...)
		}
	}
	return out
}

// dataKey is the next of a fixed series of data keys.
func (s *Server) dataKey(arn string, in kmsInput) []byte {
	n := in.NumberOfBytes
	if n == 0 {
		n = 32
		if in.KeySpec == "AES_128" {
			n = 16
		}
	}
	s.mu.Lock()
	s.made++
	seed := s.made
	s.mu.Unlock()
	var out []byte
	for i := 0; len(out) < n; i++ {
		mac := hmac.New(sha256.New, keyOf(arn))
		_ = binary.Write(mac, binary.BigEndian, [2]int64{int64(seed), int64(i)})
		out = mac.Sum(out)
	}
	return out[:n]
}
