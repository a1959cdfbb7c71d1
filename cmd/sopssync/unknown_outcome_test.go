package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

// A write is carried out and its answer is lost, once or always: the function looks
// again and finds it.
func TestWriteWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"PutSecretValue", "UpdateSecretVersionStage"} {
		for name, how := range map[string]error{"500": awstest.ErrLostAsStatus, "cut": awstest.ErrLostCut, "hang": awstest.ErrLostHang} {
			for _, times := range []int{1, 1000} {
				for _, kind := range []string{"Create", "Update"} {
					if kind == "Create" && action != "PutSecretValue" {
						continue // the first version is current at once
					}
					t.Run(fmt.Sprintf("%s of %s, %s, %d times", action, kind, name, times), func(t *testing.T) {
						t.Parallel()
						w := newWorld(t)
						first, second := w.sample("first"), w.sample("second")
						if kind == "Create" {
							w.secrets.Lose(action, how, times)
							w.succeeds(w.create(second))
							w.holds(flat("second"), 1)
							return
						}
						w.succeeds(w.at(-30, w.create(first)))
						w.secrets.Lose(action, how, times)
						w.succeeds(w.updateFrom(first, second))
						w.holds(flat("second"), 2)
					})
				}
			}
		}
	}
}

// Three seconds of failures of each call are outlasted.
func TestSecretsManagerFailsForAWhile(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first, second := w.sample("first"), w.sample("second")
			w.succeeds(w.at(-30, w.create(first)))
			w.secrets.Fail(action, "InternalServiceError", "An error occurred on the server side.", -1)
			time.AfterFunc(3*time.Second, func() { w.secrets.Fail(action, "", "", 0) })
			a := w.deliverIn(w.updateFrom(first, second), 30*time.Second)
			if a.Status != "SUCCESS" {
				t.Fatalf("got %s: %s", a.Status, a.Reason)
			}
			if a.took < 2500*time.Millisecond {
				t.Errorf("took %v: nothing failed", a.took)
			}
			w.holds(flat("second"), 2)
		})
	}
}

// The same with connections that are cut.
func TestSecretsManagerIsDownForAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.sample("first"), w.sample("second")
	w.succeeds(w.at(-30, w.create(first)))
	w.aws.Down("eu-west-1")
	time.AfterFunc(3*time.Second, func() { w.aws.Up("eu-west-1") })
	a := w.deliverIn(w.updateFrom(first, second), 30*time.Second)
	if a.Status != "SUCCESS" {
		t.Fatalf("got %s: %s", a.Status, a.Reason)
	}
	w.holds(flat("second"), 2)
}
