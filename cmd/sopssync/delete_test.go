package main_test

import "testing"

// Whatever has become of secret, keys and file, Delete is answered with SUCCESS
// and calls AWS not once. A Create that was never answered is the exception: see
// TestDeleteOfACreateThatWasNeverAnswered.
func TestDelete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before func(*world)
		change func(event, props map[string]any)
	}{
		{"as usual", nil, nil},
		{"secret pending deletion", func(w *world) { w.secret.Delete() }, nil},
		{"secret gone", func(w *world) { w.secret.Remove() }, nil},
		{"keys disabled", func(w *world) { w.failKeys("DisabledException") }, nil},
		{"AWS down", func(w *world) { w.aws.Down("eu-west-1"); w.aws.Down("us-east-1"); w.aws.Down("ap-southeast-2") }, nil},
		{"file damaged", nil, func(_, props map[string]any) { part(props, "File")["Content"] = "damaged" }},
		{"older protocol", nil, func(_, props map[string]any) { props["Protocol"] = "0" }},
		{"properties of protocol 1", nil, func(e, _ map[string]any) { e["ResourceProperties"] = firstProtocol("H4s") }},
		{"target of an unknown kind", nil, func(_, props map[string]any) { props["Target"] = map[string]any{"ParameterName": "/a"} }},
		{"no target", nil, func(_, props map[string]any) { delete(props, "Target") }},
		{"properties unknown", nil, func(e, _ map[string]any) { e["ResourceProperties"] = map[string]any{"Foo": []int{1}} }},
		{"no properties", nil, func(e, _ map[string]any) { delete(e, "ResourceProperties") }},
		{"old target of a replacement", nil, func(e, _ map[string]any) { e["PhysicalResourceId"] = physical + "old" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.succeeds(w.create(w.sample("first")))
			props := properties(t, w.sample("first"))
			if tt.before != nil {
				tt.before(w)
			}
			w.aws.ResetCalls() // the encrypting above
			e := w.request("Delete", props)
			if tt.change != nil {
				tt.change(e, props)
			}
			for range 2 { // and again
				a := w.succeeds(e)
				if a.PhysicalResourceId != e["PhysicalResourceId"] {
					t.Errorf("physical id %q, want %q", a.PhysicalResourceId, e["PhysicalResourceId"])
				}
			}
			if calls := w.aws.Calls(); len(calls) > 0 {
				t.Errorf("Delete called AWS: %v", calls)
			}
			w.holds(flat("first"), 1)
		})
	}
}

// The secret is replaced by another (a new name): the physical id changes, and
// CloudFormation deletes the old one, which leaves both secrets alone.
func TestReplacement(t *testing.T) {
	t.Parallel()
	const newARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:sops_credentials_2-GhIjKl"
	w := newWorld(t)
	file := w.sample("first")
	w.succeeds(w.create(file))
	replaced := w.secrets.AddSecret(newARN)
	props := properties(t, file)
	part(props, "Target")["SecretArn"] = newARN
	a := w.deliver(w.request("Update", props))
	if a.Status != "SUCCESS" {
		t.Fatalf("got %s: %s", a.Status, a.Reason)
	}
	if a.PhysicalResourceId != "sopssync:"+newARN {
		t.Errorf("physical id %q for the new target", a.PhysicalResourceId)
	}
	if a.Data["Arn"] != newARN || a.Data["Name"] != "sops_credentials_2" {
		t.Errorf("attributes %v", a.Data)
	}
	w.succeeds(w.request("Delete", properties(t, file)))
	w.holds(flat("first"), 1)
	if got, _, _ := replaced.Value("AWSCURRENT"); string(got) != flat("first") {
		t.Errorf("the new secret holds %q", got)
	}
}

// A failed replacement keeps the old physical id, so nothing is cleaned up.
func TestFailedReplacement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.sample("first")
	w.succeeds(w.create(file))
	props := properties(t, file)
	part(props, "Target")["SecretArn"] = secretARN[:len(secretARN)-6] + "ZzZzZz"
	a := w.fails(w.request("Update", props), defaultTimeout, "does not exist")
	if a.PhysicalResourceId != physical {
		t.Errorf("physical id %q, want the old one", a.PhysicalResourceId)
	}
}
