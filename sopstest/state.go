package sopstest

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/leakscan"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
)

// state is what is kept for one test until it ends.
type state struct {
	identity *age.X25519Identity // nil until a file is made
	kms      bool                // it has started one
	secrets  []leakscan.Secret
	// encrypted are the files that were made.
	encrypted [][]byte
}

var tests struct {
	sync.Mutex
	running map[testing.TB]*state
}

// stateLocked returns the state of a running test.
func stateLocked(t testing.TB) *state {
	if s := tests.running[t]; s != nil {
		return s
	}
	if tests.running == nil {
		tests.running = map[testing.TB]*state{}
	}
	s := &state{}
	tests.running[t] = s
	t.Cleanup(func() {
		tests.Lock()
		defer tests.Unlock()
		delete(tests.running, t)
	})
	return s
}

// startsKMS reports whether a test starts its KMS, which it has none of until now.
func startsKMS(t testing.TB) bool {
	tests.Lock()
	defer tests.Unlock()
	s := stateLocked(t)
	first := !s.kms
	s.kms = true
	return first
}

// stateOf returns the state of a running test that makes a file. The first call makes its
// key, and puts it into the environment with those of the tests that it runs in.
func stateOf(t testing.TB) *state {
	t.Helper()
	tests.Lock()
	defer tests.Unlock()
	s := stateLocked(t)
	if s.identity != nil {
		return s
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatalf("sopstest: failed to make an age key: %v", err)
	}
	keys := []string{identity.String()}
	for _, other := range tests.running {
		if other.identity != nil {
			keys = append(keys, other.identity.String())
		}
	}
	t.Setenv("SOPS_AGE_KEY", strings.Join(keys, "\n"))
	t.Setenv("SOPS_DECRYPTION_ORDER", "age,kms") // no call where there is a key
	s.identity = identity
	return s
}

// add notes a file that was made.
func (s *state) add(name string, values map[string]any, encrypted []byte) {
	tests.Lock()
	defer tests.Unlock()
	s.secrets = append(s.secrets, secretsIn(name, values)...)
	s.encrypted = append(s.encrypted, encrypted)
}

// made returns the values, and the encrypted files, of all running tests: a subtest looks for
// those of the test that it runs in.
func made() (secrets []leakscan.Secret, encrypted [][]byte) {
	tests.Lock()
	defer tests.Unlock()
	for _, s := range tests.running {
		secrets = append(secrets, s.secrets...)
		encrypted = append(encrypted, s.encrypted...)
	}
	return secrets, encrypted
}

// secretsIn returns the values of a file that are encrypted.
func secretsIn(file string, values map[string]any) []leakscan.Secret {
	content, err := json.Marshal(values)
	if err != nil {
		return nil // it was encrypted, so it is JSON
	}
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.UseNumber()
	var tree any
	if decoder.Decode(&tree) != nil {
		return nil
	}
	var secrets []leakscan.Secret
	var walk func(path string, node any)
	walk = func(path string, node any) {
		switch node := node.(type) {
		case map[string]any:
			for name, value := range node {
				if !strings.HasSuffix(name, "_unencrypted") {
					walk(strings.TrimPrefix(path+"."+name, "."), value)
				}
			}
		case []any:
			for i, value := range node {
				walk(fmt.Sprintf("%s[%d]", path, i), value)
			}
		case nil, bool:
		default:
			secrets = append(secrets, leakscan.Secret{File: file, Key: path, Text: plaintext.New([]byte(fmt.Sprint(node)))})
		}
	}
	walk("", tree)
	return secrets
}
