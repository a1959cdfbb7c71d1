package sopstest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	internal "github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// DefaultKMSKey is the KMS key of a [File] that names none. The key and its account are
// fictitious.
const DefaultKMSKey = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-00005091c0de"

// File is an encrypted file to make, as the sops command makes it from JSON.
type File struct {
	// Values are the clear values, as [encoding/json] writes them: text, numbers, bools, nil,
	// and maps and slices of these. Those under a name that ends in "_unencrypted" stay
	// clear, as with sops. There must be one.
	Values map[string]any
	// KMSKeys are the ARNs of the KMS keys that can decrypt the file, as far as a
	// construct, or [KMS], is concerned: nothing is called to make it. Default:
	// [DefaultKMSKey]. A file needs one, since the function that fills the secret at deploy has
	// no other key.
	KMSKeys []string
	// WithoutAge leaves out the test's age key, so that only a [KMS] decrypts the file.
	WithoutAge bool
}

// Write writes the file, and returns its path. The name must end in ".json"; a relative one is
// in a temporary folder of the test. It replaces no file, and is removed after the test.
//
// Until the end of the test its age key is in the environment, as SOPS_AGE_KEY in place of
// the keys of whoever runs the test, and synth decrypts the file with it.
func (f File) Write(t testing.TB, name string) (path string) {
	t.Helper()
	state := stateOf(t)
	if filepath.Ext(name) != ".json" {
		t.Fatalf("sopstest: the file %q is made from JSON; name it so that it ends in .json", name)
	}
	if len(f.Values) == 0 {
		t.Fatal("sopstest: File has no Values")
	}
	content, err := f.encrypt(state.identity.Recipient().String())
	if err != nil {
		t.Fatalf("sopstest: %s: %v", name, err)
	}
	if path = name; !filepath.IsAbs(name) {
		path = filepath.Join(t.TempDir(), name)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatalf("sopstest: %v", err)
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatalf("sopstest: the file must be new: %v", err)
	}
	t.Cleanup(func() { _ = os.Remove(path) })
	_, err = out.Write(content)
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		t.Fatalf("sopstest: %v", err)
	}
	state.add(name, f.Values, content)
	return path
}

// encrypt returns the encrypted file.
func (f File) encrypt(recipient string) ([]byte, error) {
	var clear bytes.Buffer
	encoder := json.NewEncoder(&clear)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(f.Values); err != nil {
		return nil, err
	}
	file := internal.File{JSON: strings.TrimSpace(clear.String())}
	keys := f.KMSKeys
	if len(keys) == 0 {
		keys = []string{DefaultKMSKey}
	}
	for _, key := range keys {
		file.KMS = append(file.KMS, internal.KMS{ARN: key})
	}
	if !f.WithoutAge {
		file.Age = []string{recipient}
	}
	return file.Encrypt()
}
