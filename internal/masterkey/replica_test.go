package masterkey_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	usMulti = "arn:aws:kms:us-east-1:444455556666:key/mrk-66666666777748888999000000000000"
	euMulti = "arn:aws:kms:eu-west-1:444455556666:key/mrk-66666666777748888999000000000000"
)

// A multi-Region key is asked for in the function's own region first. What is wrong with
// the replica costs one call, and no more.
func TestReplica(t *testing.T) {
	const inEU, inUS = "Decrypt " + euMulti, "Decrypt " + usMulti
	for _, tt := range []struct {
		name    string
		region  string // of the function
		breaks  func(w *world)
		calls   []string
		fails   string
		passing error // what the failure wraps
	}{
		{"both there", "eu-west-1", nil, []string{inEU}, "", nil},
		{"the key's own region", "us-east-1", nil, []string{inUS}, "", nil},
		{"an unknown region", "", nil, []string{inUS}, "", nil},
		{"another partition", "cn-north-1", nil, []string{inUS}, "", nil},
		{"no replica", "eu-west-3", nil, []string{strings.Replace(inEU, "eu-west-1", "eu-west-3", 1), inUS}, "", nil},
		{"denied", "eu-west-1", func(w *world) { w.AddKey(euMulti).Fail("AccessDeniedException") }, []string{inEU, inUS}, "", nil},
		{"disabled", "eu-west-1", func(w *world) { w.AddKey(euMulti).Fail("DisabledException") }, []string{inEU, inUS}, "", nil},
		{"its region hangs", "eu-west-1", func(w *world) { w.Hang("eu-west-1") }, []string{inEU, inUS}, "", nil},
		{"the key's region is down", "eu-west-1", func(w *world) { w.Down("us-east-1") }, []string{inEU}, "", nil},
		{"the key is gone", "eu-west-1", func(w *world) { w.AddKey(usMulti).Fail("KMSInvalidStateException") }, []string{inEU}, "", nil},
		{"no replica, and the key is disabled", "eu-west-3", func(w *world) { w.AddKey(usMulti).Fail("DisabledException") }, []string{strings.Replace(inEU, "eu-west-1", "eu-west-3", 1), inUS},
			`the key is disabled; "aws kms enable-key --region us-east-1 --key-id …" enables it`, nil},
		{"the replica denied, and the key is disabled", "eu-west-1", func(w *world) {
			w.AddKey(euMulti).Fail("AccessDeniedException")
			w.AddKey(usMulti).Fail("DisabledException")
		}, []string{inEU, inUS},
			`the key is disabled; "aws kms enable-key --region us-east-1 --key-id …" enables it; its replica in eu-west-1 did not help either: access denied: ` + caller + ` may not kms:Decrypt with ` + euMulti +
				` without an encryption context (no identity-based policy allows the kms:Decrypt action); the statement that is missing: ` + allowDecrypt(euMulti) + withoutContext + `}`, nil},
		{"both denied", "eu-west-1", func(w *world) {
			w.AddKey(euMulti).Fail("DisabledException")
			w.AddKey(usMulti).Fail("AccessDeniedException")
		}, []string{inEU, inUS},
			`access denied: ` + caller + ` may not kms:Decrypt with ` + usMulti + ` without an encryption context (no identity-based policy allows the kms:Decrypt action); the statement that is missing: ` +
				allowDecrypt(usMulti) + withoutContext + `}; its replica in eu-west-1 did not help either: the key is disabled; "aws kms enable-key --region eu-west-1 --key-id …" enables it`, masterkey.ErrAccessDenied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.AddKey(usMulti)
			w.AddKey(euMulti)
			k := w.wrap(t, usMulti, nil)
			if tt.breaks != nil {
				tt.breaks(w)
			}
			ring := masterkey.ForFunction(w.config(), masterkey.Options{Region: tt.region})
			begin := time.Now()
			key, err := ring.Unwrap(t.Context(), k)
			switch {
			case tt.fails == "" && (err != nil || string(key) != dataKey):
				t.Errorf("got %v", err)
			case tt.fails != "" && (err == nil || err.Error() != tt.fails):
				t.Errorf("got  %v\nwant %s", err, tt.fails)
			}
			for _, passing := range []error{masterkey.ErrAccessDenied, masterkey.ErrThrottled, masterkey.ErrUnavailable} {
				if errors.Is(err, passing) != (passing == tt.passing) {
					t.Errorf("%q: is it tried again for %q?", err, passing)
				}
			}
			var calls []string
			for _, c := range w.Calls() {
				calls = append(calls, c.Action+" "+c.Resource)
			}
			if !slices.Equal(calls, tt.calls) {
				t.Errorf("got the calls %q, want %q", calls, tt.calls)
			}
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// An entry's role is used for the replica, too: one session, which may use no more than the
// two.
func TestReplicaInARole(t *testing.T) {
	const (
		assume = "AssumeRole eu-west-1  "
		inEU   = "Decrypt eu-west-1 " + role + " " + euMulti
		inUS   = "Decrypt us-east-1 " + role + " " + usMulti
	)
	for _, tt := range []struct {
		name   string
		breaks func(w *world)
		calls  []string
		fails  string
	}{
		{"both there", nil, []string{assume, inEU}, ""},
		{"the key's region is down", func(w *world) { w.Down("us-east-1") }, []string{assume, inEU}, ""},
		{"the replica is denied", func(w *world) { w.AddKey(euMulti).Fail("AccessDeniedException") }, []string{assume, inEU, inUS}, ""},
		{"the role is denied", func(w *world) { w.DenyRole(role) }, []string{assume}, "sts:AssumeRole"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.AddKey(usMulti)
			w.AddKey(euMulti)
			k := w.wrap(t, usMulti, map[string]string{"app": "shop"})
			k.Role = role
			w.AddKey(usMulti).LimitTo(role)
			w.AddKey(euMulti).LimitTo(role)
			if tt.breaks != nil {
				tt.breaks(w)
			}
			ring := masterkey.ForFunction(w.config(), masterkey.Options{Region: "eu-west-1", File: &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{k}}}})
			_, err := ring.Unwrap(t.Context(), k)
			if (err == nil) != (tt.fails == "") || err != nil && strings.Count(err.Error(), tt.fails) != 2 { // with the statement that is missing
				t.Errorf("got %v", err)
			}
			if got := w.calls(); !slices.Equal(got, tt.calls) {
				t.Errorf("got %q, want %q", got, tt.calls)
			}
		})
	}
}

// calls returns the calls so far, with the ARNs of KMS keys.
func (w *world) calls() (calls []string) {
	for _, c := range w.Calls() {
		resource := ""
		if c.Service == "kms" {
			resource = c.Resource
		}
		calls = append(calls, strings.Join([]string{c.Action, c.Region, c.Role, resource}, " "))
	}
	return calls
}

// A replica that the group names itself is tried once. One in another group wraps another
// share.
func TestReplicaThatIsNamed(t *testing.T) {
	const inEU, inUS = "Decrypt eu-west-1  " + euMulti, "Decrypt us-east-1  " + usMulti
	w := newWorld(t)
	w.AddKey(usMulti)
	w.AddKey(euMulti)
	us, eu := w.wrap(t, usMulti, nil), w.wrap(t, euMulti, nil)
	other := eu
	other.Context = map[string]string{"app": "shop"}
	w.AddKey(euMulti).Fail("AccessDeniedException")
	for name, tt := range map[string]struct {
		groups []sopsfile.KeyGroup
		calls  []string
	}{
		"one group":       {[]sopsfile.KeyGroup{{us, eu}}, []string{inUS}},
		"two groups":      {[]sopsfile.KeyGroup{{us}, {eu}}, []string{inEU, inUS}},
		"another context": {[]sopsfile.KeyGroup{{us, other}}, []string{inEU, inUS}},
	} {
		w.ResetCalls()
		ring := masterkey.ForFunction(w.config(), masterkey.Options{Region: "eu-west-1", File: &sopsfile.Metadata{Groups: tt.groups}})
		if _, err := ring.Unwrap(t.Context(), us); err != nil {
			t.Error(err)
		}
		if got := w.calls(); !slices.Equal(got, tt.calls) {
			t.Errorf("%s: got %q, want %q", name, got, tt.calls)
		}
	}
}

// At synth the key is the one that the file names, as for sops.
func TestNoReplicaAtSynth(t *testing.T) {
	w := newWorld(t)
	w.AddKey(usMulti)
	w.AddKey(euMulti)
	k := w.wrap(t, usMulti, nil)
	w.environment(t)
	if _, err := fromEnvironment(t, masterkey.Options{Region: "eu-west-1"}).Unwrap(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if calls := w.Calls(); len(calls) != 1 || calls[0].Resource != usMulti {
		t.Errorf("got %+v", calls)
	}
}
