package main_test

import (
	"strings"
	"testing"
	"time"
)

// unanswered is the physical id that CloudFormation gives to a resource whose Create
// was never answered.
const unanswered = "SopsSecretsManagerStack-SopsCredentialsSync-1ABCDEFGHIJKL"

// A Create waits for a permission when its stack is rolled back. Once the Delete was
// answered, the Create writes nothing.
func TestDeleteOfACreateThatWasNeverAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	w.secret.Put(strings.Repeat("f", 32), "before")
	file := w.sample("first")
	create := w.at(-10, w.create(file))
	remove := w.request("Delete", properties(t, file))
	remove["PhysicalResourceId"] = unanswered
	w.secrets.Fail("PutSecretValue", "AccessDeniedException", "not yet", 1)
	answers := w.overlap(create, remove, 250*time.Millisecond)
	if a := answers[1]; a.Status != "SUCCESS" || a.PhysicalResourceId != unanswered {
		t.Errorf("the Delete got %s, %q: %s", a.Status, a.PhysicalResourceId, a.Reason)
	}
	w.refused(answers[0], "superseded")
	w.holds("before", 3)
	w.succeeds(remove) // delivered again
	w.holds("before", 3)
}

// Binary content stays binary.
func TestDeleteOfACreateOfABinarySecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.at(-20, w.create(w.file(bothKeys, pair{"data", "keystore \x00\xff"})))
	file, output := part(propertiesOf(e), "File"), part(propertiesOf(e), "Output")
	file["Format"], output["Mode"] = "binary", "binary"
	w.succeeds(e)
	remove := w.request("Delete", propertiesOf(e))
	remove["PhysicalResourceId"] = unanswered
	w.succeeds(remove)
	w.holds("keystore \x00\xff", 2)
	if _, text, _ := w.secret.Value("AWSCURRENT"); text {
		t.Error("binary content was written as SecretString")
	}
}

// Whatever goes wrong then, the Delete is answered with SUCCESS, in time, and the value
// stays.
func TestDeleteOfACreateNeverFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before func(*world)
	}{
		{"pending deletion", func(w *world) { w.secret.Delete() }},
		{"gone", func(w *world) { w.secret.Remove() }},
		{"AWS down", func(w *world) { w.aws.Down("eu-west-1") }},
		{"AWS hangs", func(w *world) { w.aws.Hang("eu-west-1") }},
		{"may not describe", func(w *world) { w.secrets.Fail("DescribeSecret", "AccessDeniedException", "no", -1) }},
		{"may not read", func(w *world) { w.secrets.Fail("GetSecretValue", "AccessDeniedException", "no", -1) }},
		{"may not put", func(w *world) { w.secrets.Fail("PutSecretValue", "AccessDeniedException", "no", -1) }},
		{"may not move", func(w *world) { w.secrets.Fail("UpdateSecretVersionStage", "AccessDeniedException", "no", -1) }},
		{"put fails", func(w *world) { w.secrets.Fail("PutSecretValue", "EncryptionFailure", "no", -1) }},
		{"move refused for ever", func(w *world) { w.secrets.Fail("UpdateSecretVersionStage", "InvalidParameterException", "no", -1) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			file := w.sample("first")
			w.succeeds(w.at(-60, w.create(file)))
			tt.before(w)
			remove := w.request("Delete", properties(t, file))
			remove["PhysicalResourceId"] = unanswered
			a := w.deliverIn(remove, briefTimeout)
			if a.Status != "SUCCESS" || a.PhysicalResourceId != unanswered {
				t.Errorf("got %s, %q: %s", a.Status, a.PhysicalResourceId, a.Reason)
			}
			if got, _, _ := w.secret.Value("AWSCURRENT"); string(got) != flat("first") {
				t.Errorf("the secret holds %q", got)
			}
		})
	}
}

// A secret without a value stays without one.
func TestDeleteOfACreateOfAnEmptySecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remove := w.request("Delete", properties(t, w.sample("first")))
	remove["PhysicalResourceId"] = unanswered
	w.succeeds(remove)
	w.holds("", 0)
}
