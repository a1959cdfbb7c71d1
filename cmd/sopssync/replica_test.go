package main_test

import (
	"strings"
	"testing"
)

func TestReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.secret.Replicate("eu-central-1", 2, "")
	w.secret.Replicate("us-east-1", 1, "")
	a := w.succeeds(w.create(w.sample("first")))
	if a.took < 400_000_000 {
		t.Errorf("answered after %v, before the replicas could be in sync", a.took)
	}
}

// The reason has the commands to run, as they are to be run.
func TestFailedReplica(t *testing.T) {
	t.Parallel()
	const at = " --region eu-west-1 --secret-id " + secretARN
	for name, key := range map[string]string{"AWS's key": "", "customer's key": "arn:aws:kms:us-west-2:111122223333:key/33333333-3333-4333-8333-333333333333"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.succeeds(w.create(w.sample("first")))
			w.secret.Replicate("us-west-2", 0, "the region has a secret with this name")
			again := "Region=us-west-2"
			if key != "" {
				w.secret.ReplicaKey("us-west-2", key)
				again += ",KmsKeyId=" + key
			}
			w.fails(w.update(w.sample("second")), defaultTimeout, "the replica in us-west-2 failed: the region has a secret with this name; the primary has the file's content",
				"aws secretsmanager replicate-secret-to-regions"+at+" --add-replica-regions "+again+" --force-overwrite-replica-secret;",
				"aws secretsmanager remove-regions-from-replication"+at+" --remove-replica-regions us-west-2;",
				"aws cloudformation continue-update-rollback")
			w.holds(flat("second"), 2)
		})
	}
}

// A replica that failed before fails what changes nothing, and the rollback too.
// Once it is repaired, the rollback goes through.
func TestReplicaThatHadFailedBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.sample("first")
	w.succeeds(w.create(first))
	w.secret.Replicate("us-west-2", 0, "name taken")
	w.fails(w.update(first), defaultTimeout, "us-west-2", "name taken")
	w.holds(flat("first"), 1)
	w.fails(w.update(w.sample("second")), defaultTimeout, "us-west-2")
	rollback := w.update(first)
	w.fails(rollback, defaultTimeout, "us-west-2")
	w.holds(flat("first"), 3)
	w.secret.Replicate("us-west-2", 0, "")
	w.succeeds(w.update(first))
	w.holds(flat("first"), 3)
}

// What AWS says of a replica may be long; the commands behind it stay.
func TestLongMessageOfAReplica(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.secret.Replicate("us-west-2", 0, strings.Repeat("é", 5000))
	w.fails(w.create(w.sample("first")), defaultTimeout, "…", "remove-regions-from-replication", "continue-update-rollback", "(log stream")
}

func TestReplicaNeverInSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.secret.Replicate("eu-central-1", 1_000_000, "")
	w.fails(w.create(w.sample("first")), briefTimeout, "eu-central-1", "not in sync", "describe-secret")
}
