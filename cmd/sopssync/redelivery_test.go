package main_test

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// later is a time after every version that a scenario has written so far.
func later() time.Time { return time.Now().Add(time.Minute) }

// undated is a request whose ResponseURL does not say when it was made.
func (w *world) undated(e map[string]any) map[string]any {
	u := e["ResponseURL"].(string)
	e["ResponseURL"] = replaceOnce(w.t, u, "X-Amz-Date=", "Date=")
	return e
}

func TestRedelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.create(w.sample("first"))
	a := w.succeeds(e)
	b := w.succeeds(e)
	w.holds(flat("first"), 1)
	if a.Data["VersionId"] != b.Data["VersionId"] || a.PhysicalResourceId != b.PhysicalResourceId {
		t.Errorf("the second answer differs: %v, %v", a, b)
	}
}

// An update is rolled back, and delivered again after that. Its values must not
// come back. The version of the first delivery shows it, with and without a date; so
// does the date, unless the rollback was sent within the same second.
func TestRedeliveryAfterRollback(t *testing.T) {
	t.Parallel()
	const sibling = "a later one took its place"
	for _, tt := range []struct {
		name   string
		dated  bool
		after  time.Duration // from the update to its rollback
		reason string
	}{
		{"request with date", true, 0, sibling},
		{"request with date, rolled back later", true, time.Second, "was written for a later request"},
		{"request without date", false, 0, sibling},
		{"request without date, rolled back later", false, time.Second, sibling},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := w.sample("first")
			now := time.Now()
			w.succeeds(w.sent(now, w.create(first)))
			e := w.sent(now, w.update(w.sample("second")))
			if !tt.dated {
				w.undated(e)
			}
			w.succeeds(e)
			w.succeeds(w.sent(now.Add(tt.after), w.update(first))) // the rollback
			w.holds(flat("first"), 3)
			w.fails(e, defaultTimeout, tt.reason)
			w.holds(flat("first"), 3)
		})
	}
}

// As before, but so late that the version has lost its last label, and
// DescribeSecret lists it no more. Secrets Manager still knows the token.
func TestRedeliveryOfADeprecatedVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeeds(w.create(w.sample("first")))
	e := w.undated(w.update(w.sample("second")))
	w.succeeds(e)
	w.succeeds(w.update(w.sample("third")))
	w.succeeds(w.update(w.sample("fourth")))
	w.holds(flat("fourth"), 4)
	w.fails(e, defaultTimeout, "superseded", "a later one took its place")
	w.holds(flat("fourth"), 4)
}

// The first delivery found the content there already, so no version tells of it.
// Its date does.
func TestRedeliveryOfARequestThatWroteNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeeds(w.at(-120, w.create(w.sample("first"))))
	e := w.at(-60, w.update(w.sample("first"))) // delivered a minute late
	w.succeeds(e)
	w.succeeds(w.update(w.sample("second")))
	w.fails(e, defaultTimeout, "superseded", "written for a later request than this one", "deploy again")
	w.holds(flat("second"), 2)
}

// A rollback follows at once on what it undoes: that is not late.
func TestRollbackInTheSameSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.sample("first")
	w.succeeds(w.create(first))
	for range 5 {
		w.succeeds(w.update(w.sample("second")))
		w.succeeds(w.update(first))
	}
	w.holds(flat("first"), 11)
}

// An update fails, CloudFormation sends the old properties.
func TestRollbackOfAFailedUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.sample("first")
	w.succeeds(w.create(first))
	w.secret.Replicate("us-west-2", 0, "name taken")
	w.fails(w.update(w.sample("second")), defaultTimeout, "us-west-2")
	w.secret.Replicate("us-west-2", 0, "")
	w.succeeds(w.update(first))
	w.holds(flat("first"), 3)
}

// The same request with another file, as if it had been changed under way. What the
// first delivery wrote stays: as long as it is current, the request is done.
func TestSameRequestOtherContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.update(w.sample("second"))
	w.succeeds(e)
	e["ResourceProperties"] = properties(t, w.sample("third"))
	w.succeeds(e)
	w.holds(flat("second"), 1)
	w.secret.Put(strings.Repeat("f", 32), "by hand")
	w.fails(e, defaultTimeout, "exists with other content")
	w.holds("by hand", 2)
}

// Two processes get the same event at the same time, as Lambda may do.
func TestDeliveredTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	w.aws.Delay("eu-west-1", 200*time.Millisecond) // so that both read before one writes
	payload := marshal(t, w.create(w.sample("first")))
	done := make(chan error)
	for range 2 {
		go func() {
			o, err := w.lambda.Invoke(payload, defaultTimeout, defaultTimeout+patience)
			if err == nil && o.Failed {
				err = errors.New(string(o.Body))
			}
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for _, a := range w.receiver.Answers() {
		if got := w.read(a.Body); got.Status != "SUCCESS" {
			t.Errorf("got %s: %s", got.Status, got.Reason)
		}
	}
	w.holds(flat("first"), 1)
	if n := w.called("secretsmanager", "PutSecretValue"); n != 2 {
		t.Errorf("PutSecretValue was called %d times: the two were not at once", n)
	}
}
