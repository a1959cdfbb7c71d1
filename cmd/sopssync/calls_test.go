package main_test

import (
	"slices"
	"testing"
)

// TestCallsOfOneSync counts what one sync asks of AWS, for docs/performance.md. A role uses the file's key, as in the
// app's stacks. There is one key, since a second one would be asked too where the machine is slow.
func TestCallsOfOneSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const role = "arn:aws:iam::111122223333:role/sops-dev-role"
	file := func(version string) []byte {
		return w.file([]wrapper{{arn: keyUS, role: role}},
			pair{"my_api_key", version + "-plaintext-one"}, pair{"my_first_secret", version + "-plaintext-two"})
	}
	first, rotated, second := file("first"), file("first"), file("second")
	for _, step := range []struct {
		name  string
		event map[string]any
		want  []string
	}{
		{"the first value", w.create(first), []string{"kms:Decrypt", "secretsmanager:DescribeSecret", "secretsmanager:DescribeSecret",
			"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "sts:AssumeRole"}},
		{"the same value", w.updateFrom(first, rotated), []string{"kms:Decrypt", "kms:Decrypt", "secretsmanager:DescribeSecret",
			"secretsmanager:GetSecretValue", "sts:AssumeRole", "sts:AssumeRole"}},
		{"another value", w.updateFrom(rotated, second), []string{"kms:Decrypt", "secretsmanager:DescribeSecret", "secretsmanager:DescribeSecret",
			"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage", "sts:AssumeRole"}},
		{"the end", w.request("Delete", properties(t, second)), nil},
	} {
		w.aws.ResetCalls()
		w.succeeds(step.event)
		var got []string
		for _, c := range w.aws.Calls() {
			got = append(got, c.Service+":"+c.Action)
		}
		slices.Sort(got)
		if !slices.Equal(got, step.want) {
			t.Errorf("%s: the calls are\n%q, want\n%q", step.name, got, step.want)
		}
	}
}
