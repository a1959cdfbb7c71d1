package masterkey_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// inRole wraps the data key with both keys, which only the role may use.
func (w *world) inRole(t *testing.T) (eu, us sopsfile.MasterKey) {
	t.Helper()
	eu, us = w.wrap(t, euKey, nil), w.wrap(t, usKey, nil)
	w.eu.LimitTo(role)
	w.us.LimitTo(role)
	eu.Role, us.Role = role, role
	return eu, us
}

// assumed returns where the role was assumed.
func (w *world) assumed() (regions string) {
	for _, c := range w.Calls() {
		if c.Action == "AssumeRole" {
			regions += c.Region + " "
		}
	}
	return strings.TrimSpace(regions)
}

// One session of the role serves all regions.
func TestUnwrapInRole(t *testing.T) {
	w := newWorld(t)
	eu, us := w.inRole(t)
	w.environment(t)
	for name, ring := range map[string]*masterkey.Ring{
		"function":    masterkey.ForFunction(w.config(), masterkey.Options{}),
		"environment": fromEnvironment(t, masterkey.Options{}),
	} {
		w.ResetCalls()
		for _, k := range []sopsfile.MasterKey{eu, us, eu, us} {
			if _, err := ring.Unwrap(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for _, c := range w.Calls() {
			got = append(got, strings.Join([]string{c.Action, c.Region, c.Role}, " "))
			if c.Action == "AssumeRole" && (c.Resource != role || !strings.HasPrefix(c.Session, "sops@")) {
				t.Errorf("AssumeRole of %q as %q", c.Resource, c.Session)
			}
		}
		want := []string{
			"AssumeRole eu-west-1 ", "Decrypt eu-west-1 " + role, "Decrypt us-east-1 " + role,
			"Decrypt eu-west-1 " + role, "Decrypt us-east-1 " + role,
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: calls:\n%s\nwant:\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// Many at once share one session of the role, whatever their regions.
func TestRoleIsAssumedOnce(t *testing.T) {
	w := newWorld(t)
	eu, us := w.inRole(t)
	file := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{eu}, {us}}}
	ring := masterkey.ForFunction(w.config(), masterkey.Options{Timeout: 10 * time.Second, File: file})
	var group sync.WaitGroup
	for range 8 {
		for _, k := range []sopsfile.MasterKey{eu, us} {
			group.Go(func() {
				if _, err := ring.Unwrap(t.Context(), k); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	if n := len(strings.Fields(w.assumed())); n != 1 {
		t.Errorf("the role was assumed %d times, want once", n)
	}
}

// A region whose STS does not answer keeps no other from asking its own.
func TestRoleWithOneRegionDown(t *testing.T) {
	for name, fault := range map[string]func(*world){
		"hangs": func(w *world) { w.Hang("eu-west-1") },
		"down":  func(w *world) { w.Down("eu-west-1") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			eu, us := w.inRole(t)
			fault(w)
			ring := masterkey.ForFunction(w.config(), masterkey.Options{Timeout: 5 * time.Second})
			failed := make(chan error)
			go func() {
				_, err := ring.Unwrap(t.Context(), eu)
				failed <- err
			}()
			for len(w.Calls()) == 0 && name == "hangs" { // until the first one was asked
				time.Sleep(time.Millisecond)
			}
			if _, err := ring.Unwrap(t.Context(), us); err != nil {
				t.Error(err)
			}
			if err := <-failed; err == nil {
				t.Error("the key of the region that is down opened it")
			}
			if _, err := ring.Unwrap(t.Context(), us); err != nil {
				t.Error(err)
			}
		})
	}
}

// In the function a session of the role may use the file's keys alone; at synth it may do
// what the role may.
func TestSessionPolicy(t *testing.T) {
	w := newWorld(t)
	eu, us := w.inRole(t)
	alias := w.wrapInRole(t, euAlias)
	context := w.wrapInRole(t, euKey, "app", "web")
	for name, keys := range map[string][]sopsfile.MasterKey{"keys": {eu, us}, "an alias": {alias, us}, "a context": {context}} {
		t.Run(name, func(t *testing.T) {
			file := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{keys}}
			want, err := keypolicy.ForSessions(file, "").For(keys[0])
			if err != nil {
				t.Fatal(err)
			}
			w.ResetCalls()
			ring := masterkey.ForFunction(w.config(), masterkey.Options{File: file})
			for _, k := range keys {
				if _, err := ring.Unwrap(t.Context(), k); err != nil {
					t.Error(err)
				}
			}
			policies := 0
			for _, c := range w.Calls() {
				if c.Action == "AssumeRole" {
					policies++
					if c.Policy != want {
						t.Errorf("the session policy is %s, want %s", c.Policy, want)
					}
				}
			}
			if policies != 1 {
				t.Errorf("the role was assumed %d times, want once", policies)
			}
		})
	}
	t.Run("another file's key", func(t *testing.T) {
		ring := masterkey.ForFunction(w.config(), masterkey.Options{File: &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{us}}}})
		if _, err := ring.Unwrap(t.Context(), eu); err == nil || err.Error() != "the file does not name it with this role" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("synth", func(t *testing.T) {
		w.environment(t)
		w.ResetCalls()
		if _, err := fromEnvironment(t, masterkey.Options{}).Unwrap(t.Context(), eu); err != nil {
			t.Fatal(err)
		}
		if policy := w.Calls()[0].Policy; policy != "" || w.assumed() != "eu-west-1" {
			t.Errorf("the session policy is %q", policy)
		}
	})
}

// wrapInRole is wrap for a key that is limited to the role.
func (w *world) wrapInRole(t *testing.T, id string, keyValues ...string) sopsfile.MasterKey {
	t.Helper()
	var with map[string]string
	for i := 0; i < len(keyValues); i += 2 {
		with = map[string]string{keyValues[i]: keyValues[i+1]}
	}
	w.eu.LimitTo("")
	defer w.eu.LimitTo(role)
	k := w.wrap(t, id, with)
	k.Role = role
	return k
}
