package main_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

// answer is the function's response to CloudFormation, with nothing else in it.
type answer struct {
	Status, Reason, PhysicalResourceId string
	StackId, RequestId                 string
	LogicalResourceId                  string
	Data                               map[string]string

	took time.Duration
}

// deliver hands an event to the function and returns the one answer to it.
func (w *world) deliver(event map[string]any) answer {
	w.t.Helper()
	return w.deliverIn(event, defaultTimeout)
}

func (w *world) deliverIn(event map[string]any, timeout time.Duration) answer {
	w.t.Helper()
	return w.deliverBytes(marshal(w.t, event), timeout)
}

func (w *world) deliverBytes(payload []byte, timeout time.Duration) answer {
	w.t.Helper()
	start := time.Now()
	o := w.invoke(payload, timeout)
	if o.Failed {
		w.t.Fatalf("Lambda was told of an error: %s", o.Body)
	}
	w.answers++
	got := w.receiver.Answers()
	if len(got) != w.answers {
		w.t.Fatalf("CloudFormation got %d answers, want %d", len(got), w.answers)
	}
	last := got[len(got)-1]
	a := w.read(last.Body)
	a.took = last.At.Sub(start)
	return a
}

// patience is what a machine that is busy with other things may take beyond the
// Lambda timeout. Whether an answer is in time is for the tests that are about it.
const patience = 10 * time.Second

// invoke hands payload to the function and waits for the end.
func (w *world) invoke(payload []byte, timeout time.Duration) awstest.Outcome {
	w.t.Helper()
	o, err := w.lambda.Invoke(payload, timeout, timeout+patience)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// read is an answer's body, checked for all that holds for every answer.
func (w *world) read(body []byte) answer {
	w.t.Helper()
	if len(body) >= 4096 {
		w.t.Errorf("the answer has %d bytes: CloudFormation takes 4,096", len(body))
	}
	if !utf8.Valid(body) {
		w.t.Error("the answer is not UTF-8")
	}
	w.silent(string(body))
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var a answer
	if err := d.Decode(&a); err != nil {
		w.t.Fatalf("the answer is not a response: %v", err)
	}
	if a.PhysicalResourceId == "" {
		w.t.Error("the answer has no PhysicalResourceId")
	}
	if (a.Status == "FAILED") == (a.Reason == "") {
		w.t.Errorf("got status %s with reason %q", a.Status, a.Reason)
	}
	if a.Status == "FAILED" && len(a.Data) > 0 {
		w.t.Errorf("a failure comes with attributes: %v", a.Data)
	}
	return a
}

// succeeds delivers event and wants it done, with the attributes of the secret.
func (w *world) succeeds(event map[string]any) answer {
	w.t.Helper()
	a := w.deliver(event)
	if a.Status != "SUCCESS" {
		w.t.Fatalf("got %s: %s", a.Status, a.Reason)
	}
	if a.StackId != stackID || a.RequestId != event["RequestId"] || a.LogicalResourceId != logical {
		w.t.Errorf("the answer is to another request: %+v", a)
	}
	if event["RequestType"] == "Delete" {
		return a
	}
	_, _, id := w.secret.Value("AWSCURRENT")
	want := map[string]string{"Arn": secretARN, "Name": "sops_credentials", "VersionId": id}
	for name, value := range want {
		if a.Data[name] != value {
			w.t.Errorf("attribute %s is %q, want %q", name, a.Data[name], value)
		}
	}
	if len(a.Data) != len(want) {
		w.t.Errorf("got %d attributes, want %d", len(a.Data), len(want))
	}
	if a.PhysicalResourceId != physical {
		w.t.Errorf("physical id %q, want %q", a.PhysicalResourceId, physical)
	}
	return a
}

// fails delivers event with a Lambda timeout and wants it FAILED with every one
// of the words in the reason.
func (w *world) fails(event map[string]any, timeout time.Duration, words ...string) answer {
	w.t.Helper()
	a := w.deliverIn(event, timeout)
	w.refused(a, words...)
	return a
}

func (w *world) refused(a answer, words ...string) {
	w.t.Helper()
	if a.Status != "FAILED" {
		w.t.Fatalf("got %s, want FAILED", a.Status)
	}
	for _, word := range words {
		if !strings.Contains(a.Reason, word) {
			w.t.Errorf("the reason does not say %q: %s", word, a.Reason)
		}
	}
}

func marshal(t *testing.T, event map[string]any) []byte {
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}
