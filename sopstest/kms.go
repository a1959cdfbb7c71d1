package sopstest

import (
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

// KMS is a stand-in for AWS KMS and STS on the loopback interface, which decrypts files of
// [File]. It has nothing of AWS but the protocol, checks no signature, and opens no file
// that sops made with real keys.
type KMS struct {
	server *awstest.Server
	keys   map[string]*awstest.Key
}

// StartKMS starts one for the rest of the test, with keys of these ARNs, or with
// [DefaultKMSKey] where there are none. Until then the environment of the test sends the
// requests of the AWS SDKs to it, with credentials that are good for nothing else. It is called
// once in a test; a subtest may have one of its own.
func StartKMS(t testing.TB, keys ...string) *KMS {
	t.Helper()
	if !startsKMS(t) {
		t.Fatal("sopstest: StartKMS was called before in this test, and a file that needs that KMS would no longer open; name all keys in one call")
	}
	server, err := awstest.Start()
	if err != nil {
		t.Fatalf("sopstest: %v", err)
	}
	t.Cleanup(server.Close)
	server.Setenv(t)
	if len(keys) == 0 {
		keys = []string{DefaultKMSKey}
	}
	k := &KMS{server, map[string]*awstest.Key{}}
	for _, key := range keys {
		k.keys[key] = server.AddKey(key)
	}
	return k
}

// Deny refuses the key with this ARN from now on, as KMS does where a policy does not allow
// kms:Decrypt. It panics if there is no such key.
func (k *KMS) Deny(key string) {
	k.key(key).Fail("AccessDeniedException")
}

// Allow ends what [KMS.Deny] began.
func (k *KMS) Allow(key string) {
	k.key(key).Fail("")
}

func (k *KMS) key(arn string) *awstest.Key {
	key := k.keys[arn]
	if key == nil {
		panic("sopstest: the KMS has no key " + arn + "; name it in StartKMS")
	}
	return key
}

// Asked returns the keys that Decrypt was called for, refused calls included, in the order of
// the calls.
func (k *KMS) Asked() []string {
	var keys []string
	for _, call := range k.server.Calls() {
		if call.Service == "kms" && call.Action == "Decrypt" {
			keys = append(keys, call.Resource)
		}
	}
	return keys
}
