package masterkey_test

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	euKey   = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-4333-8444-555555555555"
	usKey   = "arn:aws:kms:us-east-1:444455556666:key/66666666-7777-4888-8999-000000000000"
	euAlias = "arn:aws:kms:eu-west-1:111122223333:alias/sops-dev-key-eu"
	role    = "arn:aws:iam::111122223333:role/sops-dev-role"
	caller  = "arn:aws:iam::111122223333:user/caller"

	// dataKey is what the tests wrap; no message may hold it.
	dataKey = "0123456789abcdef0123456789abcdef"
)

// world is a loopback AWS with the two keys.
type world struct {
	*awstest.Server
	eu, us *awstest.Key
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	w := &world{Server: s, eu: s.AddKey(euKey), us: s.AddKey(usKey)}
	s.AddAlias(euAlias, w.eu)
	return w
}

// config is what the function has.
func (w *world) config() aws.Config {
	return aws.Config{
		BaseEndpoint: aws.String(w.URL()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: awstest.CallerAccessKeyID, SecretAccessKey: "any"}, nil
		}),
	}
}

// wrap returns the entry of a file whose data key is wrapped by id.
func (w *world) wrap(t *testing.T, id string, with map[string]string) sopsfile.MasterKey {
	t.Helper()
	cfg := w.config()
	cfg.Region = strings.Split(id, ":")[3]
	out, err := kms.NewFromConfig(cfg).Encrypt(t.Context(), &kms.EncryptInput{
		KeyId: &id, Plaintext: []byte(dataKey), EncryptionContext: with,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.ResetCalls()
	return sopsfile.MasterKey{
		Type: sopsfile.KMS, ID: id, Context: with,
		EncryptedDataKey: base64.StdEncoding.EncodeToString(out.CiphertextBlob),
	}
}

// environment lets FromEnvironment find the server, and nothing of this machine.
func (w *world) environment(t *testing.T) {
	t.Helper()
	emptyEnvironment(t)
	w.Setenv(t)
}

func TestUnwrapKMS(t *testing.T) {
	w := newWorld(t)
	w.environment(t)
	rings := map[string]*masterkey.Ring{
		"function":    masterkey.ForFunction(w.config(), masterkey.Options{}),
		"environment": fromEnvironment(t, masterkey.Options{}),
	}
	with := map[string]string{"app": "shop", "stage": "dev"}
	for name, ring := range rings {
		for _, id := range []string{euKey, usKey, euAlias} {
			k := w.wrap(t, id, with)
			got, err := ring.Unwrap(t.Context(), k)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, id, err)
			}
			if string(got) != dataKey {
				t.Errorf("%s, %s: another data key came out", name, id)
			}
			calls := w.Calls()
			if len(calls) != 1 {
				t.Fatalf("%s, %s: calls = %+v, want one", name, id, calls)
			}
			c := calls[0]
			if c.Action != "Decrypt" || c.Resource != id || c.Region != strings.Split(id, ":")[3] || !maps.Equal(c.Context, with) {
				t.Errorf("%s, %s: call = %+v", name, id, c)
			}
		}
	}
}

// withoutContext is the condition of a statement for an entry without a context.
const withoutContext = `,"Condition":{"Null":{"kms:EncryptionContextKeys":"true"}}`

// allowDecrypt is the beginning of a statement, up to its conditions.
func allowDecrypt(resource string) string {
	return `{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + resource + `"`
}

func TestKMSErrors(t *testing.T) {
	w := newWorld(t)
	plain := w.wrap(t, euKey, nil)
	with := w.wrap(t, euKey, map[string]string{"stage": "value-of-stage", "app": "value-of-app"})
	inRole := plain
	inRole.Role = role
	fail := func(code string) func() { return func() { w.eu.Fail(code) } }
	change := func(k sopsfile.MasterKey, f func(*sopsfile.MasterKey)) sopsfile.MasterKey {
		f(&k)
		return k
	}
	for _, tc := range []struct {
		name  string
		setup func()
		key   sopsfile.MasterKey
		want  string
	}{
		{"denied", fail("AccessDeniedException"), plain,
			"access denied: " + caller + " may not kms:Decrypt with " + euKey + " without an encryption context (no identity-based policy allows the kms:Decrypt action); the statement that is missing: " + allowDecrypt(euKey) + withoutContext + "}"},
		{"denied by an alias", fail("AccessDeniedException"), change(plain, func(k *sopsfile.MasterKey) { k.ID = euAlias }),
			"access denied: " + caller + " may not kms:Decrypt with " + euAlias + " without an encryption context (no identity-based policy allows the kms:Decrypt action); the statement that is missing: " +
				allowDecrypt("arn:aws:kms:eu-west-1:111122223333:key/*") + `,"Condition":{"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/sops-dev-key-eu"},"Null":{"kms:EncryptionContextKeys":"true"},"StringEquals":{"kms:RequestAlias":"alias/sops-dev-key-eu"}}}`},
		{"denied with a context", fail("AccessDeniedException"), with,
			"access denied: " + caller + " may not kms:Decrypt with " + euKey + ` and the encryption context keys "app", "stage" (no identity-based policy allows the kms:Decrypt action); the statement that is missing: ` +
				allowDecrypt(euKey) + `,"Condition":{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["app","stage"]}}}`},
		{"disabled", fail("DisabledException"), plain,
			`the key is disabled; "aws kms enable-key --region eu-west-1 --key-id …" enables it`},
		{"pending deletion", fail("KMSInvalidStateException"), plain,
			`the key is pending deletion; "aws kms cancel-key-deletion --region eu-west-1 --key-id …" and then enable-key save it and every file that only it opens`},
		{"not found", fail("NotFoundException"), plain,
			"the key does not exist; it was deleted, or account, region or id are wrong"},
		{"throttled", fail("ThrottlingException"), plain,
			"KMS of eu-west-1 refuses more requests for now (throttling); try again"},
		{"expired", fail("ExpiredTokenException"), plain,
			`the AWS credentials have expired; get new ones ("aws sso login")`},
		{"a failure of KMS", fail("KMSInternalException"), plain,
			"KMS of eu-west-1 answered KMSInternalException to kms:Decrypt, which is a failure of the service; try again"},
		{"something new", fail("FutureException"), plain,
			"KMS of eu-west-1 answered FutureException to kms:Decrypt"},
		{"an alias that moved", func() { w.AddAlias(euAlias, w.AddKey(euKey+"0")) }, change(plain, func(k *sopsfile.MasterKey) { k.ID = euAlias }),
			"another key wrapped the data key; an alias points to another key than when the file was encrypted, or the entry was changed by hand"},
		{"another context", nil, change(with, func(k *sopsfile.MasterKey) { k.Context = map[string]string{"app": "x"} }),
			`the wrapped data key does not fit the key and the encryption context keys "app"; the entry's enc or context was changed by hand`},
		{"role denied", func() { w.DenyRole(role) }, inRole,
			"access denied: " + caller + " may not sts:AssumeRole " + role + "; the role must exist, its trust policy must name the caller, and the caller's own policy must allow it; the statement that is missing: " +
				`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + role + `"}`},
		{"role missing in the entry", func() { w.eu.LimitTo(role) }, plain,
			"access denied: " + caller + " may not kms:Decrypt with " + euKey + " without an encryption context (no resource-based policy allows the kms:Decrypt action); the statement that is missing: " + allowDecrypt(euKey) + withoutContext + "}"},
		{"down", func() { w.Down("eu-west-1") }, plain,
			"KMS of eu-west-1 is not reachable; the region may be down, or the network in the way (in a VPC: is there an endpoint or a NAT gateway?)"},
		{"down with a role", func() { w.Down("eu-west-1") }, inRole,
			"STS of eu-west-1 is not reachable; the region may be down, or the network in the way (in a VPC: is there an endpoint or a NAT gateway?)"},
		{"hanging", func() { w.Hang("eu-west-1") }, plain,
			"no answer to kms:Decrypt from eu-west-1 within 300ms; the region may be down or not reachable from here"},
		{"hanging with a role", func() { w.Hang("eu-west-1") }, inRole,
			"no answer to sts:AssumeRole from eu-west-1 within 300ms; the region may be down or not reachable from here"},
		{"a profile, which the function does not have", func() { w.eu.Fail("DisabledException") }, change(plain, func(k *sopsfile.MasterKey) { k.AWSProfile = "work" }),
			`the key is disabled; "aws kms enable-key --region eu-west-1 --key-id …" enables it; its aws_profile "work" does not exist here, so it was asked for with the default credentials`},
		{"no ARN", nil, change(plain, func(k *sopsfile.MasterKey) { k.ID = "arn:aws:kms:evil.example/eu-1:111122223333:key/x" }),
			`"arn:aws:kms:evil.example/eu-1:111122223333:key/x" is not the ARN of a KMS key or alias (arn:aws:kms:REGION:ACCOUNT:key/ID)`},
		{"no role ARN", nil, change(plain, func(k *sopsfile.MasterKey) { k.Role = "sops-dev-role" }),
			`"sops-dev-role" is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME)`},
		{"damaged", nil, change(plain, func(k *sopsfile.MasterKey) { k.EncryptedDataKey = "%%%" }),
			"its wrapped data key is not base64; the file was damaged"},
		{"another kind", nil, sopsfile.MasterKey{Type: sopsfile.PGP, ID: "FINGERPRINT"},
			`keys of type "pgp" cannot be used here; add a KMS key to the file: sops rotate --in-place --add-kms KEY_ARN FILE`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Cleanup(func() {
				w.eu.Fail("").LimitTo("")
				w.Up("eu-west-1")
				w.AllowRole(role)
				w.AddAlias(euAlias, w.eu)
			})
			if tc.setup != nil {
				tc.setup()
			}
			timeout := 5 * time.Second
			if strings.Contains(tc.name, "hanging") {
				timeout = 300 * time.Millisecond
			}
			ring := masterkey.ForFunction(w.config(), masterkey.Options{Timeout: timeout})
			_, err := ring.Unwrap(t.Context(), tc.key)
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != tc.want {
				t.Errorf("error:\n%s\nwant:\n%s", got, tc.want)
			}
			for _, secret := range []string{dataKey, plain.EncryptedDataKey, "value-of"} {
				if strings.Contains(err.Error(), secret) {
					t.Error("the error holds what it must not")
				}
			}
		})
	}
}

// A region that is down costs a bounded time: no answer, the timeout; a refused
// connection, the few short retries.
func TestDownRegionIsBounded(t *testing.T) {
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	k.Role = role
	ring := masterkey.ForFunction(w.config(), masterkey.Options{})
	for name, fault := range map[string]func(string){"hangs": w.Hang, "is down": w.Down} {
		fault("eu-west-1")
		begin := time.Now()
		_, err := ring.Unwrap(t.Context(), k)
		if took := time.Since(begin); err == nil || took > 2500*time.Millisecond {
			t.Errorf("a region that %s took %v (error: %v), want an error within 2 s", name, took, err)
		}
	}
	w.Up("eu-west-1")
	if _, err := ring.Unwrap(t.Context(), k); err != nil {
		t.Errorf("the region is back: %v", err)
	}
}

func TestUnwrapEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	inRole := k
	inRole.Role = role
	w.Hang("eu-west-1")
	ring := masterkey.ForFunction(w.config(), masterkey.Options{Timeout: time.Minute})
	for _, key := range []sopsfile.MasterKey{k, inRole} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		begin := time.Now()
		_, err := ring.Unwrap(ctx, key)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 30*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	}
	// Whoever comes after it does not inherit the cancellation.
	w.Up("eu-west-1")
	if _, err := ring.Unwrap(t.Context(), k); err != nil {
		t.Error(err)
	}
}

// What may go away by itself can be told from the rest.
func TestPassingRefusals(t *testing.T) {
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	ring := masterkey.ForFunction(w.config(), masterkey.Options{})
	for code, want := range map[string]error{
		"AccessDeniedException":      masterkey.ErrAccessDenied,
		"ThrottlingException":        masterkey.ErrThrottled,
		"SlowDown":                   masterkey.ErrThrottled,
		"RequestThrottled":           masterkey.ErrThrottled,
		"RequestThrottledException":  masterkey.ErrThrottled,
		"LimitExceededException":     masterkey.ErrThrottled,
		"KMSInternalException":       masterkey.ErrUnavailable,
		"DependencyTimeoutException": masterkey.ErrUnavailable,
		"KeyUnavailableException":    masterkey.ErrUnavailable,
		"InternalFailure":            masterkey.ErrUnavailable,
		"ServiceUnavailable":         masterkey.ErrUnavailable,
	} {
		w.eu.Fail(code)
		if _, err := ring.Unwrap(t.Context(), k); !errors.Is(err, want) {
			t.Errorf("%s: %v does not wrap %q", code, err, want)
		}
	}
	w.eu.Fail("")
	w.DenyRole(role)
	k.Role = role
	if _, err := ring.Unwrap(t.Context(), k); !errors.Is(err, masterkey.ErrAccessDenied) {
		t.Errorf("role: %v does not wrap %q", err, masterkey.ErrAccessDenied)
	}
	w.AllowRole(role)
	for name, fault := range map[string]func(string){"hangs": w.Hang, "is down": w.Down} {
		for _, as := range []string{"", role} {
			fault("eu-west-1")
			k.Role = as
			ring := masterkey.ForFunction(w.config(), masterkey.Options{Timeout: 300 * time.Millisecond})
			if _, err := ring.Unwrap(t.Context(), k); !errors.Is(err, masterkey.ErrUnavailable) {
				t.Errorf("a region that %s: %v does not wrap %q", name, err, masterkey.ErrUnavailable)
			}
		}
	}
	w.Up("eu-west-1")
	k.Role = ""
	w.eu.Fail("DisabledException")
	_, err := ring.Unwrap(t.Context(), k)
	for _, sentinel := range []error{masterkey.ErrAccessDenied, masterkey.ErrThrottled, masterkey.ErrUnavailable} {
		if errors.Is(err, sentinel) {
			t.Errorf("a disabled key is %q", sentinel)
		}
	}
}

// A ring can be given more time than the function's first try has.
func TestSetTimeout(t *testing.T) {
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	w.Delay("eu-west-1", 400*time.Millisecond)
	ring := masterkey.ForFunction(w.config(), masterkey.Options{Timeout: 100 * time.Millisecond})
	if _, err := ring.Unwrap(t.Context(), k); !errors.Is(err, masterkey.ErrUnavailable) {
		t.Errorf("got %v, want no answer in time", err)
	}
	ring.SetTimeout(30 * time.Second)
	if _, err := ring.Unwrap(t.Context(), k); err != nil {
		t.Error(err)
	}
}

func TestNoCredentials(t *testing.T) {
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	w.environment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	_, err := fromEnvironment(t, masterkey.Options{}).Unwrap(t.Context(), k)
	want := `no AWS credentials were found; run "aws sso login" and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "aws sts get-caller-identity" shows whether they work`
	if err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}

	t.Setenv("AWS_PROFILE", "nobody")
	_, err = fromEnvironment(t, masterkey.Options{}).Unwrap(t.Context(), k)
	want = `the AWS profile "nobody" does not exist; see AWS_PROFILE and "aws configure list-profiles"`
	if err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}

	cfg := w.config()
	cfg.Credentials = nil
	_, err = masterkey.ForFunction(cfg, masterkey.Options{}).Unwrap(t.Context(), k)
	if err == nil || err.Error() != "the function has no credentials" {
		t.Errorf("error = %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := masterkey.FromEnvironment(t.Context(), masterkey.Options{Timeout: -1}); err == nil {
		t.Error("a negative timeout was accepted")
	}
}

func fromEnvironment(t *testing.T, o masterkey.Options) *masterkey.Ring {
	t.Helper()
	r, err := masterkey.FromEnvironment(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Many files at once may be throttled at synth. Unlike in the function, which has a
// deadline, that is outlasted within the timeout of the entry.
func TestThrottlingIsOutlastedAtSynth(t *testing.T) {
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	w.Setenv(t)
	ring, err := masterkey.FromEnvironment(t.Context(), masterkey.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.eu.Fail("ThrottlingException")
	time.AfterFunc(1200*time.Millisecond, func() { w.eu.Fail("") })
	if _, err := ring.Unwrap(t.Context(), k); err != nil {
		t.Error(err)
	}
}
