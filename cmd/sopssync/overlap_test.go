package main_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// overlap hands two events to two processes, the second so much later, and returns the
// answers to both.
func (w *world) overlap(first, second map[string]any, gap time.Duration) [2]answer {
	w.t.Helper()
	events, ended := [2]map[string]any{first, second}, make(chan error)
	for i, e := range events {
		if i > 0 {
			time.Sleep(gap)
		}
		payload := marshal(w.t, e)
		go func() {
			o, err := w.lambda.Invoke(payload, defaultTimeout, defaultTimeout+patience)
			if err == nil && o.Failed {
				err = fmt.Errorf("Lambda was told of an error: %s", o.Body)
			}
			ended <- err
		}()
	}
	for range events {
		if err := <-ended; err != nil {
			w.t.Fatal(err)
		}
	}
	return w.answersTo(first, second)
}

// answersTo returns the answers to two events that came since the last ones.
func (w *world) answersTo(first, second map[string]any) (answers [2]answer) {
	w.t.Helper()
	for _, got := range w.receiver.Answers()[w.answers:] {
		w.answers++
		var to struct{ RequestId string }
		if err := json.Unmarshal(got.Body, &to); err != nil {
			w.t.Fatal(err)
		}
		for i, e := range []map[string]any{first, second} {
			if e["RequestId"] == to.RequestId {
				answers[i] = w.read(got.Body)
			}
		}
	}
	return answers
}

// An Update waits for a permission. Its rollback arrives meanwhile and finds the value
// that it wants. When the permission comes, the Update must not write.
func TestRollbackOfAnUpdateThatWaits(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start()
			first, second := w.sample("first"), w.sample("second")
			w.succeeds(w.at(-30, w.create(first)))
			update, rollback := w.at(-5, w.updateFrom(first, second)), w.updateFrom(second, first)
			w.secrets.Fail(action, "AccessDeniedException", "not yet", 2) // about 1.5 s
			answers := w.overlap(update, rollback, 700*time.Millisecond)
			if a := answers[1]; a.Status != "SUCCESS" {
				t.Errorf("the rollback got %s: %s", a.Status, a.Reason)
			}
			if got, _, _ := w.secret.Value("AWSCURRENT"); string(got) != flat("first") {
				t.Errorf("the secret holds %q", got)
			}
			if answers[0].Status == "FAILED" {
				w.refused(answers[0], "superseded")
			}
		})
	}
}

// Two events at once, at several distances, with AWS slow so that their calls
// interleave: the later one's value stays, and it succeeds.
func TestTwoEventsAtOnce(t *testing.T) {
	t.Parallel()
	for _, gap := range []time.Duration{0, 50, 150, 250, 350, 450, 600, 900} {
		for _, swapped := range []bool{false, true} { // the earlier one arrives last
			t.Run(fmt.Sprintf("%d ms, %v", gap, swapped), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.start()
				first, second := w.sample("first"), w.sample("second")
				w.succeeds(w.at(-30, w.create(first)))
				w.aws.Delay("eu-west-1", 100*time.Millisecond)
				update, rollback := w.at(-5, w.updateFrom(first, second)), w.updateFrom(second, first)
				var a, b answer
				if swapped {
					answers := w.overlap(rollback, update, gap*time.Millisecond)
					a, b = answers[1], answers[0]
				} else {
					answers := w.overlap(update, rollback, gap*time.Millisecond)
					a, b = answers[0], answers[1]
				}
				if b.Status != "SUCCESS" {
					t.Errorf("the rollback got %s: %s", b.Status, b.Reason)
				}
				if a.Status == "FAILED" {
					w.refused(a, "superseded")
				}
				if got, _, _ := w.secret.Value("AWSCURRENT"); string(got) != flat("first") {
					t.Errorf("the secret holds %q", got)
				}
			})
		}
	}
}

// A rollback was sent, waits, and finds a version that was written after it was sent,
// by the Update that it undoes. It was refused; now it goes through.
func TestRollbackThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.sample("first"), w.sample("second")
	w.succeeds(w.at(-60, w.create(first)))
	w.succeeds(w.at(-50, w.updateFrom(first, second)))
	w.succeeds(w.at(-40, w.updateFrom(second, first))) // the version is younger than that
	w.holds(flat("first"), 3)
}

// An Update fails before it writes. Its rollback finds its value, and makes one version
// of it: nobody knows that the Update has ended.
func TestRollbackToTheSameValueMakesAVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.sample("first"), w.sample("second")
	w.succeeds(w.at(-60, w.create(first)))
	w.secrets.Fail("PutSecretValue", "EncryptionFailure", "no key", 1)
	w.fails(w.at(-50, w.updateFrom(first, second)), defaultTimeout, "EncryptionFailure")
	rollback := w.at(-40, w.updateFrom(second, first))
	w.succeeds(rollback)
	w.succeeds(rollback) // delivered again
	w.holds(flat("first"), 2)
	w.succeeds(w.at(-30, w.updateFrom(first, w.sample("first"))))
	w.holds(flat("first"), 2)
}

// An old file that cannot be opened counts as another, and costs no waiting.
func TestOldFileCannotBeOpened(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(w *world, old map[string]any)
	}{
		{"key gone", func(w *world, _ map[string]any) { w.us.Fail("AccessDeniedException") }},
		{"region down", func(w *world, _ map[string]any) { w.aws.Down("us-east-1") }},
		{"damaged", func(_ *world, old map[string]any) { part(old, "File")["Content"] = "damaged" }},
		{"another release", func(_ *world, old map[string]any) { old["Protocol"] = "1" }},
		{"another target", func(_ *world, old map[string]any) { part(old, "Target")["SecretArn"] = secretARN + "x" }},
		{"no file", func(_ *world, old map[string]any) { delete(old, "File") }},
		{"none", func(_ *world, old map[string]any) { clear(old) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			values := []pair{{"my_api_key", "first-plaintext-one"}, {"my_first_secret", "first-plaintext-two"}}
			old, file := w.file([]wrapper{{arn: keyUS}}, values...), w.file([]wrapper{{arn: keyAP}}, values...)
			w.succeeds(w.at(-60, w.create(old)))
			e := w.updateFrom(old, file)
			tt.change(w, e["OldResourceProperties"].(map[string]any))
			a := w.succeeds(e)
			w.holds(flat("first"), 2)
			if a.took > 4*time.Second {
				t.Errorf("took %v", a.took)
			}
		})
	}
}
