package main_test

import (
	"strings"
	"testing"
	"time"
)

func TestSecretFailures(t *testing.T) {
	t.Parallel()
	const denied = "User: arn:aws:sts::111122223333:assumed-role/sync/sopssync is not authorized to perform: %s because no identity-based policy allows it"
	for _, tt := range []struct {
		name    string
		breaks  func(*world)
		timeout time.Duration
		words   []string
	}{
		{"cannot be made current", func(w *world) {
			w.secrets.Fail("UpdateSecretVersionStage", "AccessDeniedException", denied, -1)
		}, briefTimeout, []string{"secretsmanager:UpdateSecretVersionStage", secretARN, "not authorized"}},
		{"making it current is throttled", func(w *world) {
			w.secrets.Fail("UpdateSecretVersionStage", "ThrottlingException", "Rate exceeded", -1)
		}, briefTimeout, []string{"UpdateSecretVersionStage", "Rate exceeded"}},
		{"making it current fails inside", func(w *world) {
			w.secrets.Fail("UpdateSecretVersionStage", "InternalServiceError", "An error occurred on the server side.", -1)
		}, briefTimeout, []string{"UpdateSecretVersionStage", "InternalServiceError", "may become current after all"}},
		{"making it current fails inside, and one look at it is answered", func(w *world) {
			w.secrets.Fail("UpdateSecretVersionStage", "InternalServiceError", "An error occurred on the server side.", -1)
			w.secrets.After("DescribeSecret", func() { // of what is there before
				w.secrets.After("DescribeSecret", func() { w.aws.Hang("eu-west-1") })
			})
		}, briefTimeout, []string{"UpdateSecretVersionStage", "InternalServiceError", "may become current after all"}},
		{"another writer holds the label for ever", func(w *world) {
			w.secrets.Fail("UpdateSecretVersionStage", "InvalidParameterException", "another version has the label", -1)
		}, 60 * time.Second, []string{"something else writes this secret", "deploy again"}},
		{"write fails inside", func(w *world) {
			w.secrets.Fail("PutSecretValue", "InternalServiceError", "An error occurred on the server side.", -1)
		}, briefTimeout, []string{"PutSecretValue", "InternalServiceError", "shows no version"}},
		{"pending deletion", func(w *world) { w.secret.Delete() }, defaultTimeout, []string{"pending deletion", "restore-secret", secretARN}},
		{"cannot be described", func(w *world) {
			w.secrets.Fail("DescribeSecret", "AccessDeniedException", denied, -1)
		}, briefTimeout, []string{"secretsmanager:DescribeSecret", secretARN, "not authorized"}},
		{"cannot be read", func(w *world) {
			w.secrets.Fail("GetSecretValue", "AccessDeniedException", denied, -1)
		}, briefTimeout, []string{"secretsmanager:GetSecretValue", secretARN, "not authorized"}},
		{"key refuses to read", func(w *world) {
			w.secrets.Fail("GetSecretValue", "AccessDeniedException", "Access to KMS is not allowed", -1)
		}, briefTimeout, []string{"KMS key", "kms:Decrypt", "kms:ViaService"}},
		{"read fails", func(w *world) {
			w.secrets.Fail("GetSecretValue", "DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key.", -1)
		}, defaultTimeout, []string{"GetSecretValue", "DecryptionFailure", "KMS key"}},
		{"read fails inside", func(w *world) {
			w.secrets.Fail("GetSecretValue", "InternalServiceError", "An error occurred on the server side.", -1)
		}, defaultTimeout, []string{"GetSecretValue", "InternalServiceError"}},
		{"cannot be written", func(w *world) {
			w.secrets.Fail("PutSecretValue", "AccessDeniedException", denied, -1)
		}, briefTimeout, []string{"secretsmanager:PutSecretValue", secretARN, "not authorized"}},
		{"key refuses to write", func(w *world) {
			w.secrets.Fail("PutSecretValue", "EncryptionFailure", "Secrets Manager can't encrypt the protected secret text using the provided KMS key.", -1)
		}, defaultTimeout, []string{"PutSecretValue", "EncryptionFailure"}},
		{"too many versions", func(w *world) {
			w.secrets.Fail("PutSecretValue", "LimitExceededException", "The request failed because it would exceed one of the Secrets Manager quotas.", -1)
		}, defaultTimeout, []string{"PutSecretValue", "quotas"}},
		{"write throttled", func(w *world) {
			w.secrets.Fail("PutSecretValue", "ThrottlingException", "Rate exceeded", -1)
		}, briefTimeout, []string{"PutSecretValue", "Rate exceeded"}},
		// What AWS says about parameters may quote them.
		{"write refused with the value in the message", func(w *world) {
			w.secrets.Fail("PutSecretValue", "ValidationException", "Value '"+flat("second")+"' failed to satisfy constraint", -1)
		}, defaultTimeout, []string{"PutSecretValue", "ValidationException"}},
		{"deleted between reading and writing", func(w *world) {
			w.secrets.After("GetSecretValue", w.secret.Delete)
		}, defaultTimeout, []string{"pending deletion", "restore-secret"}},
		{"region hangs", func(w *world) { w.aws.Hang("eu-west-1") }, briefTimeout, []string{"DescribeSecret", "deadline"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.succeeds(w.create(w.sample("first")))
			file := w.sample("second")
			tt.breaks(w)
			a := w.fails(w.update(file), tt.timeout, tt.words...)
			versions := 1
			if strings.Contains(tt.name, "label") || strings.Contains(tt.name, "current") && !strings.Contains(tt.name, "read") {
				versions = 2 // one was put and is not current
			}
			w.holds(flat("first"), versions)
			if a.PhysicalResourceId != physical {
				t.Errorf("a failed update answered with physical id %q", a.PhysicalResourceId)
			}
		})
	}
}

func TestSecretDeletedOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeeds(w.create(w.sample("first")))
	file := w.sample("second")
	w.secret.Remove()
	w.fails(w.update(file), defaultTimeout, secretARN, "does not exist")
	if n := w.secret.Versions(); n != 1 {
		t.Errorf("there are %d versions, want 1", n)
	}
}

// AWS makes a secret's first version current whatever its labels are; where a service
// does not, the function does.
func TestAFirstVersionThatIsNotCurrent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.secret.LikeStandIns()
	w.succeeds(w.create(w.sample("first")))
	w.holds(flat("first"), 1)
	w.succeeds(w.update(w.sample("second")))
	w.holds(flat("second"), 2)
}

// Each action that the function needs is denied for the first moments.
func TestSecretAccessComesLate(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			file := w.sample("first")
			w.secrets.Fail(action, "AccessDeniedException", "not yet", 2)
			w.secret.Put(strings.Repeat("f", 32), "before")
			w.succeeds(w.create(file))
			w.holds(flat("first"), 2)
		})
	}
}

// Secrets Manager writes and its answer is lost: the SDK asks again, with the
// same token.
func TestWriteAnsweredTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.sample("first")
	w.secrets.After("PutSecretValue", func() { time.Sleep(11 * time.Second) })
	a := w.deliverIn(w.create(file), 40*time.Second)
	if a.Status != "SUCCESS" {
		t.Fatalf("got %s: %s", a.Status, a.Reason)
	}
	w.holds(flat("first"), 1)
}

// Another writer is faster. Its version is no request's, so it counts as older than every
// request, and the file's value replaces it.
func TestAnotherWriterInBetween(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"GetSecretValue", "PutSecretValue"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			other := strings.Repeat("f", 32)
			w.secrets.After(action, func() { w.secret.Put(other, "by hand") })
			w.succeeds(w.create(w.sample("first")))
			w.holds(flat("first"), 2)
			if _, _, id := w.secret.Value("AWSPREVIOUS"); id != other {
				t.Errorf("AWSPREVIOUS is %q, want the other writer's version", id)
			}
		})
	}
}

// The first write to a secret without a value fails: there is still none, and
// what CloudFormation then deletes is answered.
func TestFailedCreateThenDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.secrets.Fail("PutSecretValue", "EncryptionFailure", "no key", -1)
	a := w.fails(w.create(w.sample("first")), defaultTimeout, "EncryptionFailure")
	if a.PhysicalResourceId != physical {
		t.Errorf("a failed create has physical id %q, want %q", a.PhysicalResourceId, physical)
	}
	e := w.request("Delete", properties(t, w.sample("first")))
	e["PhysicalResourceId"] = a.PhysicalResourceId
	w.succeeds(e)
	w.holds("", 0)
}
