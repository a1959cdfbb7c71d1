package main_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// Whoever can write the object may put any file of the stack there, whose keys the
// function can use. A file that names what the template does not allow is refused
// before any key, role or identity is asked for.
func TestFileInS3NamesWhatIsNotAllowed(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/sops-dev-role"
	for _, tt := range []struct {
		name    string
		keys    []wrapper
		age     bool
		allowed []string
		word    string // what the reason names; the recipient for age
	}{
		{"another key", []wrapper{{arn: keyAP}}, false, []string{keyUS}, keyAP},
		{"another key beside the right one", bothKeys, false, []string{keyUS}, keyAP},
		{"a role", []wrapper{{arn: keyUS, role: role}}, false, []string{keyUS}, role},
		{"an age recipient", nil, true, []string{keyUS}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.succeeds(w.create(w.sample("before")))
			var file []byte
			if tt.age {
				id := w.identity()
				w.parameters.Put(identityName, "SecureString", keygen(id))
				tt.word = id.Recipient().String()
				var err error
				file, err = sopstest.File{JSON: flat("other"), Age: []string{tt.word}}.Encrypt()
				if err != nil {
					t.Fatal(err)
				}
			} else {
				file = w.sampleWith(tt.keys)
			}
			w.aws.AddBucket(bucket).Put(key, file)
			props := byS3(t)
			part(props, "File")["AllowedKeys"], part(props, "File")["AgeIdentities"] = tt.allowed, []any{inParameter}
			w.aws.ResetCalls()
			w.fails(w.request("Update", props), defaultTimeout, "sops/mymanagedsecrets.sops.json", tt.word, "not among the allowed keys", "AllowedKeys, or to DecryptionKeys where", "deploy again")
			for _, c := range w.aws.Calls() {
				if c.Service != "s3" {
					t.Errorf("%s:%s was called", c.Service, c.Action)
				}
			}
			w.holds(flat("before"), 1)
		})
	}
}

// What is not allowed is refused before the rest of the file is parsed, whatever that is.
func TestAllowedKeysComeBeforeTheRestOfTheFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := bytes.Replace(w.sampleWith([]wrapper{{arn: keyAP}}), []byte("{"), []byte(`{"a": [1 2 "`+strings.Repeat("n", 1<<20)+`"],`), 1)
	w.aws.AddBucket(bucket).Put(key, content)
	props := byS3(t)
	part(props, "File")["AllowedKeys"] = []string{keyUS}
	w.fails(w.request("Create", props), defaultTimeout, keyAP, "not among the allowed keys")
	part(props, "File")["AllowedKeys"] = []string{keyAP}
	w.fails(w.request("Create", props), defaultTimeout, "not JSON")
}

// All that the file names is allowed: it is as if nothing were said.
func TestFileInS3IsAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.AddBucket(bucket).Put(key, w.sample("first"))
	props := byS3(t)
	part(props, "File")["AllowedKeys"] = []string{"arn:aws:iam::111122223333:role/unused", keyAP, keyUS}
	w.succeeds(w.request("Create", props))
	w.holds(flat("first"), 1)
	var services []string
	for _, c := range w.aws.Calls() {
		services = append(services, c.Service)
	}
	if !slices.Contains(services, "kms") {
		t.Errorf("got calls of %q, want KMS among them", services)
	}
}
