package main_test

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// A live secret that another tool filled is taken over without a gap: readers have a value
// at all times, and a version is written only for another value. An undone takeover leaves
// it with a value, too.
func TestALiveSecretIsTakenOver(t *testing.T) {
	t.Parallel()
	const older = "9f5c1d2e3b4a59687786a5b4c3d2e1f00112233445566778899aabbccddeeff0" // cdk-sops-secrets names versions by a hash of the file
	for _, tt := range []struct {
		name, holds string
		versions    int
	}{
		{"the same value", flat("first"), 1},
		{"another value", `{"my_api_key":"1e+06"}`, 2},
		{"no JSON", "plain text", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.secret.Put(older, tt.holds)
			stop, stopped := make(chan struct{}), sync.WaitGroup{}
			stopped.Go(func() { // a reader
				for {
					content, text, _ := w.secret.Value("AWSCURRENT")
					if got := string(content); !text || got != tt.holds && got != flat("first") {
						t.Errorf("a reader gets %q", got)
						return
					}
					select {
					case <-stop:
						return
					case <-time.After(time.Millisecond):
					}
				}
			})
			// Adopt names it without the six characters at the end of its ARN.
			e := w.create(w.sample("first"))
			propertiesOf(e)["Target"] = map[string]any{"SecretArn": strings.TrimSuffix(secretARN, "-AbCdEf")}
			a := w.done(e)
			if a.Data["Arn"] != secretARN { // readers in other accounts and ECS need the complete one
				t.Errorf("the ARN is %s", a.Data["Arn"])
			}
			w.holds(flat("first"), tt.versions)
			if content, _, id := w.secret.Value("AWSPREVIOUS"); tt.versions == 2 && (string(content) != tt.holds || id != older) {
				t.Errorf("the value before is not AWSPREVIOUS: %q is", id)
			}
			// The takeover is rolled back, or the construct removed.
			e = w.request("Delete", propertiesOf(e))
			e["PhysicalResourceId"] = a.PhysicalResourceId
			w.done(e)
			w.holds(flat("first"), tt.versions)
			close(stop)
			stopped.Wait()
		})
	}
}

// A secret that rotates by itself is not taken over: the file would undo the rotation, and
// what it rotates for would refuse the old value. One that the function fills already goes
// on, so that a rollback does not fail.
func TestASecretThatRotatesIsNotTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const rotated = "1f2e3d4c-0000-4000-8000-000000000001"
	w.secret.Put(rotated, flat("first"))
	w.secret.Rotate(true)
	for _, label := range []string{"first", "second"} { // the same value, and another one
		e := w.create(w.sample(label))
		a := w.fails(e, defaultTimeout, "rotates by itself", "cancel-rotate-secret")
		for _, id := range []string{a.PhysicalResourceId, "no-answer"} { // CloudFormation rolls back, with the answer and without
			e = w.request("Delete", propertiesOf(e))
			e["PhysicalResourceId"] = id
			w.done(e)
		}
		if _, _, id := w.secret.Value("AWSCURRENT"); id != rotated {
			t.Errorf("the current version is %s", id)
		}
	}
	w.secret.Rotate(false)
	first, second := w.sample("first"), w.sample("second")
	w.done(w.create(second))
	w.secret.Rotate(true)
	w.done(w.updateFrom(second, first))
	w.holds(flat("first"), 3)
}
