package main_test

import (
	"strings"
	"testing"
	"time"
)

// The first tries to answer fail.
func TestResponseIsRepeated(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status []int
	}{
		{"server errors", []int{500, 503}},
		{"connection cut", []int{0, 0}},
		{"slow down", []int{503, 429, 500, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.receiver.Fail(tt.status...)
			w.succeeds(w.create(w.sample("first")))
			w.holds(flat("first"), 1)
			if got, least := w.receiver.Tries(), len(tt.status)+1; got < least {
				t.Errorf("tried %d times, want %d at least", got, least)
			}
		})
	}
}

// Nobody takes the answer: the tries are bounded, and Lambda is told without the
// URL, which is a credential.
func TestResponseIsNeverTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receiver.Fail(403, 403, 403, 403, 403, 403, 403, 403, 403, 403)
	e := w.create(w.sample("first"))
	payload := marshal(t, e)
	o := w.invoke(payload, defaultTimeout)
	if !o.Failed || !strings.Contains(string(o.Body), "403") {
		t.Errorf("Lambda was told %s", o.Body)
	}
	w.silent(string(o.Body))
	if got := w.receiver.Tries(); got != 5 {
		t.Errorf("tried %d times, want 5", got)
	}
}

// The answer comes in time however short the time is.
func TestDeadline(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{briefTimeout, defaultTimeout} {
		t.Run(timeout.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			file := w.sample("first")
			w.aws.Hang("eu-west-1")
			a := w.fails(w.create(file), timeout, "deadline")
			if a.took < timeout/2 || a.took > timeout+time.Second {
				t.Errorf("answered after %v of %v", a.took, timeout)
			}
			w.holds("", 0)
		})
	}
}

// What is late is not done later: the next event finds a working function, and
// the write that was cut off does not come after all.
func TestAfterTheDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.sample("first"), w.sample("second")
	w.succeeds(w.create(first))
	// The work's own deadline, after 6 s, falls into the write.
	w.aws.Delay("eu-west-1", 2500*time.Millisecond)
	a := w.fails(w.update(second), briefTimeout, "deadline")
	if a.took > briefTimeout+time.Second {
		t.Errorf("answered after %v of %v", a.took, briefTimeout)
	}
	w.aws.Up("eu-west-1")
	w.succeeds(w.update(first))
	time.Sleep(3 * time.Second)
	w.holds(flat("first"), 1)
}

// Logs are what an operator has: they name the request, the secret, the file and
// the version, and count the values.
func TestLogs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.create(w.sample("first"))
	a := w.succeeds(e)
	log := w.log.String() // which comes through a pipe, a moment after the answer
	for end := time.Now().Add(patience); !strings.Contains(log, `"msg":"done"`) && time.Now().Before(end); log = w.log.String() {
		time.Sleep(10 * time.Millisecond)
	}
	for _, word := range []string{
		`"requestType":"Create"`, `"logicalResourceId":"` + logical + `"`, `"requestId":"` + e["RequestId"].(string) + `"`,
		`"secret":"` + secretARN + `"`, `"file":"sops/mymanagedsecrets.sops.json"`, `"values":2`, `"version":"` + a.Data["VersionId"] + `"`,
	} {
		if !strings.Contains(log, word) {
			t.Errorf("the log does not say %s", word)
		}
	}
	for _, word := range []string{"H4sI", "ENC[", "X-Amz-", "ServiceToken"} {
		if strings.Contains(log, word) {
			t.Errorf("the log holds %s", word)
		}
	}
}
