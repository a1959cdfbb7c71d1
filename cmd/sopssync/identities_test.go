package main_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/crypto/ssh"

	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

const (
	identityARN   = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:sops/age-GhIjKl"
	identityName  = "/sops/age"
	parameterText = "arn:aws:ssm:eu-west-1:111122223333:parameter/sops/age"
)

var (
	inSecret    = map[string]any{"SecretArn": identityARN}
	inParameter = map[string]any{"ParameterName": identityName}
)

// identity is a new identity, which no log and no answer may hold.
func (w *world) identity() *age.X25519Identity {
	w.t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		w.t.Fatal(err)
	}
	w.values = append(w.values, id.String(), strings.TrimPrefix(id.String(), "AGE-SECRET-KEY-1")[:20])
	return id
}

// keygen is the text of a file with identities, as age-keygen writes one.
func keygen(ids ...*age.X25519Identity) string {
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&b, "# created: 2026-01-02T03:04:05Z\n# public key: %s\n%s\n\n", id.Recipient(), id)
	}
	return b.String()
}

// byAge is an event for the first sample, encrypted to id and to KMS keys.
func (w *world) byAge(id *age.X25519Identity, kms []sopstest.KMS, places ...map[string]any) map[string]any {
	w.t.Helper()
	w.values = append(w.values, "first-plaintext-one", "first-plaintext-two")
	file, err := sopstest.File{JSON: flat("first"), KMS: kms, Age: []string{id.Recipient().String()}}.Encrypt()
	if err != nil {
		w.t.Fatal(err)
	}
	e := w.create(file)
	if len(places) > 0 {
		part(propertiesOf(e), "File")["AgeIdentities"] = places
	}
	return e
}

// calls are the actions on resources that AWS was asked for, and not those on the
// secret to write.
func (w *world) calls() []string {
	var got []string
	for _, c := range w.aws.Calls() {
		if c.Resource != secretARN {
			got = append(got, fmt.Sprintf("%s:%s %s %s", c.Service, c.Action, c.Region, c.Resource))
		}
	}
	return got
}

func TestAgeIdentityInASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.identity()
	w.secrets.AddSecret(identityARN).Put(strings.Repeat("1", 32), keygen(w.identity(), id))
	w.succeeds(w.byAge(id, nil, inSecret))
	w.holds(flat("first"), 1)
	if got, want := w.calls(), []string{"secretsmanager:GetSecretValue eu-west-1 " + identityARN}; !slices.Equal(got, want) {
		t.Errorf("got calls %q, want %q", got, want)
	}
}

func TestAgeIdentityInAParameter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.identity()
	w.parameters.Put(identityName, "SecureString", strings.ReplaceAll(keygen(id), "\n", "\r\n"))
	w.succeeds(w.byAge(id, nil, inParameter))
	w.holds(flat("first"), 1)
	if got, want := w.calls(), []string{"ssm:GetParameter eu-west-1 " + identityName}; !slices.Equal(got, want) {
		t.Errorf("got calls %q, want %q", got, want)
	}
}

// A secret is asked for in its own region, which its ARN names.
func TestAgeIdentityOfAnotherRegion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.identity()
	arn := strings.Replace(identityARN, "eu-west-1", "ap-southeast-2", 1)
	w.secrets.AddSecret(arn).Put(strings.Repeat("1", 32), keygen(id))
	w.succeeds(w.byAge(id, nil, map[string]any{"SecretArn": arn}))
	if got, want := w.calls(), []string{"secretsmanager:GetSecretValue ap-southeast-2 " + arn}; !slices.Equal(got, want) {
		t.Errorf("got calls %q, want %q", got, want)
	}
}

// All places count together, and one that fails takes nothing from the others.
func TestTwoPlacesOfAgeIdentities(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(*world){
		"first has another identity": func(w *world) {
			w.secrets.AddSecret(identityARN).Put(strings.Repeat("1", 32), keygen(w.identity()))
		},
		"first is not there": func(*world) {},
		"first is nonsense": func(w *world) {
			w.secrets.AddSecret(identityARN).Put(strings.Repeat("1", 32), "nonsense")
		},
		"first hangs": func(w *world) { w.aws.Hang("ap-southeast-2") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.identity()
			first(w)
			w.parameters.Put(identityName, "SecureString", keygen(id))
			other := inSecret
			if name == "first hangs" {
				other = map[string]any{"SecretArn": strings.Replace(identityARN, "eu-west-1", "ap-southeast-2", 1)}
			}
			w.succeeds(w.byAge(id, nil, other, inParameter))
			w.holds(flat("first"), 1)
		})
	}
}

// Where KMS opens the file, no identity leaves its place; where it does not, age
// follows at once.
func TestKMSBeforeAge(t *testing.T) {
	t.Parallel()
	keys := []sopstest.KMS{{ARN: keyUS}, {ARN: keyAP}}
	for name, tt := range map[string]struct {
		breaks func(*world)
		read   bool
	}{
		"KMS opens it":    {func(*world) {}, false},
		"keys disabled":   {func(w *world) { w.failKeys("DisabledException") }, true},
		"keys denied":     {func(w *world) { w.failKeys("AccessDeniedException") }, true},
		"regions hanging": {func(w *world) { w.aws.Hang("us-east-1"); w.aws.Hang("ap-southeast-2") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.identity()
			w.parameters.Put(identityName, "SecureString", keygen(id))
			tt.breaks(w)
			a := w.succeeds(w.byAge(id, keys, inParameter))
			if got := w.called("ssm", "GetParameter") > 0; got != tt.read {
				t.Errorf("the place was read: %v, want %v", got, tt.read)
			}
			if a.took > 5*time.Second {
				t.Errorf("took %v", a.took)
			}
		})
	}
}

func TestAgeIdentityFailures(t *testing.T) {
	t.Parallel()
	const denied = "User: arn:aws:sts::111122223333:assumed-role/sync/sopssync is not authorized to perform the action"
	secret := func(text string) func(*world) {
		return func(w *world) { w.secrets.AddSecret(identityARN).Put(strings.Repeat("1", 32), text) }
	}
	failing := func(code, message string) func(*world) {
		return func(w *world) { w.secrets.Fail("GetSecretValue", code, message, -1) }
	}
	store := func(kind, text string) func(*world) {
		return func(w *world) { w.parameters.Put(identityName, kind, text) }
	}
	for _, tt := range []struct {
		name    string
		place   map[string]any
		breaks  func(*world)
		timeout time.Duration
		words   []string
	}{
		{"no place", nil, nil, defaultTimeout, []string{"names no place of age identities", "SecureString", "--add-kms"}},
		{"secret not there", inSecret, nil, defaultTimeout, []string{identityARN, "does not exist", "make it"}},
		{"secret without value", inSecret, func(w *world) { w.secrets.AddSecret(identityARN) }, defaultTimeout, []string{identityARN, "no value yet", "put-secret-value"}},
		{"secret pending deletion", inSecret, func(w *world) { w.secrets.AddSecret(identityARN).Delete() }, defaultTimeout, []string{identityARN, "pending deletion", "restore-secret"}},
		{"secret denied", inSecret, failing("AccessDeniedException", denied), briefTimeout, []string{"access denied", "secretsmanager:GetSecretValue on " + identityARN}},
		{"secret's key denied", inSecret, failing("AccessDeniedException", "Access to KMS is not allowed"), briefTimeout, []string{identityARN, "KMS key refuses", "kms:Decrypt"}},
		{"secret throttled", inSecret, failing("ThrottlingException", "Rate exceeded"), briefTimeout, []string{identityARN, "throttling"}},
		{"secret fails", inSecret, failing("InternalServiceError", ""), briefTimeout, []string{identityARN, "InternalServiceError"}},
		{"parameter not there", inParameter, nil, defaultTimeout, []string{identityName, "does not exist", "put-parameter --type SecureString"}},
		{"parameter denied", inParameter, func(w *world) { w.parameters.Fail("AccessDeniedException", denied) }, briefTimeout, []string{"access denied", "ssm:GetParameter on " + parameterText}},
		{"parameter's key denied", inParameter, func(w *world) {
			w.parameters.Fail("AccessDeniedException", "The ciphertext refers to a customer master key that does not exist")
		}, briefTimeout, []string{identityName, "KMS key refuses", "kms:Decrypt"}},
		{"parameter throttled", inParameter, func(w *world) { w.parameters.Fail("ThrottlingException", "") }, briefTimeout, []string{identityName, "throttling"}},
		{"parameter in clear", inParameter, store("String", "AGE-SECRET-KEY-1CLEAR-TEXT"), defaultTimeout, []string{identityName, "not a SecureString", "new identity"}},
		{"empty", inParameter, store("SecureString", " \n"), defaultTimeout, []string{identityName, "is empty"}},
		{"comments alone", inSecret, secret("# public key: age1x\n"), defaultTimeout, []string{identityARN, "comments alone"}},
		{"no identity file", inSecret, secret("hidden-one\nhidden-two\n"), defaultTimeout, []string{identityARN, "2 that do not look like age identities", "age-keygen"}},
		{"JSON", inSecret, secret(`{"key":"hidden-one"}`), defaultTimeout, []string{identityARN, "it is JSON"}},
		{"passphrase", inParameter, store("SecureString", "-----BEGIN AGE ENCRYPTED FILE-----\nhidden-one"), defaultTimeout, []string{identityName, "passphrase"}},
		{"plugin", inParameter, store("SecureString", "AGE-PLUGIN-YUBIKEY-1HIDDEN"), defaultTimeout, []string{identityName, "plugins"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.values = append(w.values, "hidden-one", "hidden-two", "1HIDDEN", "1CLEAR-TEXT")
			if tt.breaks != nil {
				tt.breaks(w)
			}
			id := w.identity()
			e := w.byAge(id, nil)
			if tt.place != nil {
				part(propertiesOf(e), "File")["AgeIdentities"] = []any{tt.place}
			}
			w.fails(e, tt.timeout, append(tt.words, id.Recipient().String())...)
			w.holds("", 0)
		})
	}
	t.Run("another recipient", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.parameters.Put(identityName, "SecureString", keygen(w.identity(), w.identity()))
		w.fails(w.byAge(w.identity(), nil, inParameter), defaultTimeout,
			"none of the 2 age identities that were found fits this recipient (2 in parameter \""+identityName+"\")", "--add-kms")
	})
	t.Run("SSH key", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, key, _ := ed25519.GenerateKey(rand.Reader)
		block, err := ssh.MarshalPrivateKey(key, "")
		if err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(block)
		w.values = append(w.values, string(bytes.Split(text, []byte("\n"))[1]))
		w.parameters.Put(identityName, "SecureString", string(text))
		w.fails(w.byAge(w.identity(), nil, inParameter), defaultTimeout, "it is an SSH key")
	})
	t.Run("no route", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.byAge(w.identity(), nil, inParameter)
		w.aws.Down("eu-west-1")
		w.fails(e, briefTimeout, identityName, "cannot be reached", "VPC")
	})
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.byAge(w.identity(), nil, inParameter)
		w.aws.Hang("eu-west-1")
		w.fails(e, briefTimeout, identityName, "no answer to ssm:GetParameter")
	})
}

// The service cannot be reached for a moment.
func TestAgeIdentityDisturbancePasses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.identity()
	w.parameters.Put(identityName, "SecureString", keygen(id))
	e := w.byAge(id, nil, inParameter)
	w.aws.Down("eu-west-1")
	time.AfterFunc(3*time.Second, func() { w.aws.Up("eu-west-1") })
	w.succeeds(e)
	w.holds(flat("first"), 1)
}

// IAM has not yet seen the policy: the function waits for it.
func TestAgeIdentityAccessComesLate(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]map[string]any{"secret": inSecret, "parameter": inParameter} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.identity()
			w.secrets.AddSecret(identityARN).Put(strings.Repeat("1", 32), keygen(id))
			w.parameters.Put(identityName, "SecureString", keygen(id))
			w.secrets.Fail("GetSecretValue", "AccessDeniedException", "not yet", 2)
			w.parameters.Fail("AccessDeniedException", "not yet")
			time.AfterFunc(1200*time.Millisecond, func() { w.parameters.Fail("", "") })
			w.succeeds(w.byAge(id, nil, place))
			w.holds(flat("first"), 1)
		})
	}
}
