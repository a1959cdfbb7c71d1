package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// settings are so many values, each of which ends in version.
func settings(n int, version string) []string {
	var values []string
	for i := range n {
		values = append(values, fmt.Sprintf("n%02d=value-%s", i, version))
	}
	return values
}

// storedAll wants so many parameters below /app with that value, whatever their version.
func (w *world) storedAll(n int, version string) {
	w.t.Helper()
	names := w.parameters.Names()
	if len(names) != n {
		w.t.Errorf("there are %d parameters, want %d", len(names), n)
	}
	for _, name := range names {
		if p, _ := w.parameters.Held(name); p.Value != "value-"+version {
			w.t.Errorf("%s holds %q", name, p.Value)
		}
	}
}

// untilWritten waits until a parameter has that version.
func (w *world) untilWritten(name string, version int64) {
	w.t.Helper()
	for range 1000 {
		if p, _ := w.parameters.Held(name); p.Version == version {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	w.t.Fatalf("%s was not written", name)
}

// beside delivers first to one process, and second to another once the first one has
// written name. It returns the answers to both.
func (w *world) beside(first map[string]any, name string, version int64, second map[string]any) [2]answer {
	w.t.Helper()
	ended := make(chan error, 1)
	payload := marshal(w.t, first)
	go func() {
		_, err := w.lambda.Invoke(payload, 40*time.Second, 60*time.Second)
		ended <- err
	}()
	w.untilWritten(name, version)
	if _, err := w.lambda.Invoke(marshal(w.t, second), 40*time.Second, 60*time.Second); err != nil {
		w.t.Fatal(err)
	}
	if err := <-ended; err != nil {
		w.t.Fatal(err)
	}
	return w.answersTo(first, second)
}

// Another resource of the stack fails, so CloudFormation cancels the Update of these
// parameters and rolls it back at once, while it still writes three of them a second.
// What the rollback wants must stay.
func TestRollbackOfParametersThatAreBeingWritten(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(kind string, w *world, version string) map[string]any{
		"the same names": func(kind string, w *world, version string) map[string]any {
			return w.below(kind, nil, settings(12, version)...)
		},
		"other names": func(kind string, w *world, version string) map[string]any {
			values := settings(12, version)
			return w.below(kind, nil, values[map[string]int{"one": 0, "two": 2}[version]:]...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := quick(t)
			w.start()
			first := w.at(-30, change("Create", w, "one"))
			w.done(first)
			w.parameters.SetRate(3)
			second := w.at(-5, from(first, change("Update", w, "two")))
			rollback := from(second, change("Update", w, "one"))
			answers := w.beside(second, "/app/n03", 2, rollback)
			if a := answers[1]; a.Status != "SUCCESS" {
				t.Errorf("the rollback got %s: %s", a.Status, a.Reason)
			}
			w.refused(answers[0], "superseded by a later request", "changed before that: /app/n0")
			w.storedAll(12, "one")
			// It has ended: the next one waits for nobody.
			w.parameters.SetRate(1000)
			start := time.Now()
			w.done(from(rollback, change("Update", w, "two")))
			if took := time.Since(start); took > 4*time.Second {
				t.Errorf("the next update took %v", took)
			}
			w.storedAll(map[string]int{"the same names": 12, "other names": 10}[name], "two")
		})
	}
}

// An Update that comes after the one that CloudFormation sent later writes nothing.
func TestParametersOfAnEventThatComesTooLate(t *testing.T) {
	t.Parallel()
	w := quick(t)
	first := w.at(-30, w.below("Create", nil, settings(3, "one")...))
	w.done(first)
	second := w.at(-20, from(first, w.below("Update", nil, settings(3, "two")...)))
	w.done(w.at(-10, from(second, w.below("Update", nil, settings(3, "one")...))))
	a := w.deliverIn(second, defaultTimeout)
	w.refused(a, "superseded by a later request", "no parameter was changed")
	w.storedAll(3, "one")
	// Nor does such a Delete remove what a later Create has made.
	remove := w.at(-15, w.request("Delete", propertiesOf(second)))
	w.done(remove)
	w.storedAll(3, "one")
}

// A Create is cancelled while it writes, and its Delete comes at once: nothing stays.
func TestDeleteOfParametersThatAreBeingMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	create := w.at(-5, w.below("Create", nil, settings(20, "one")...))
	remove := w.request("Delete", propertiesOf(create))
	remove["PhysicalResourceId"] = unanswered
	answers := w.beside(create, "/app/n04", 1, remove)
	if a := answers[1]; a.Status != "SUCCESS" {
		t.Errorf("the Delete got %s: %s", a.Status, a.Reason)
	}
	w.refused(answers[0], "superseded by a later request")
	w.stored()
}

// A request that was killed has left its mark: the next one waits for it, and goes on.
func TestParametersOfARequestThatWasKilled(t *testing.T) {
	t.Parallel()
	w := quick(t)
	first := w.at(-30, w.below("Create", nil, settings(3, "one")...))
	w.done(first)
	p, _ := w.parameters.Held("/app/n00")
	w.parameters.SetTag("/app/n00", syncprotocol.TagRequest, p.Tags[syncprotocol.TagRequest][:57])
	w.done(from(first, w.below("Update", nil, settings(3, "two")...)))
	w.storedAll(3, "two")
}
