package main_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

// sampleWith is the first sample under other keys.
func (w *world) sampleWith(keys []wrapper) []byte {
	w.t.Helper()
	for _, k := range keys {
		if k.role != "" { // encrypting needs the role too
			w.us.LimitTo("")
			defer w.us.LimitTo(k.role)
		}
	}
	return w.file(keys, pair{"my_api_key", "first-plaintext-one"}, pair{"my_first_secret", "first-plaintext-two"})
}

// No key of the file can be used: FAILED, with both keys and both reasons, and
// the value stays.
func TestKeyFailures(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/sops-dev-role"
	for _, tt := range []struct {
		name    string
		keys    []wrapper
		breaks  func(*world)
		timeout time.Duration
		words   []string

		from, to string // what is changed in the file
	}{
		{"key disabled", bothKeys, func(w *world) { w.failKeys("DisabledException") }, defaultTimeout, []string{keyUS, keyAP, "disabled", "enable-key"}, "", ""},
		{"key pending deletion", bothKeys, func(w *world) { w.failKeys("KMSInvalidStateException") }, defaultTimeout, []string{keyUS, keyAP, "pending deletion", "cancel-key-deletion"}, "", ""},
		{"key deleted", bothKeys, func(w *world) { w.failKeys("NotFoundException") }, defaultTimeout, []string{keyUS, keyAP, "does not exist"}, "", ""},
		{"access denied", bothKeys, func(w *world) { w.failKeys("AccessDeniedException") }, briefTimeout, []string{keyUS, keyAP, allow("kms:Decrypt", keyUS), allow("kms:Decrypt", keyAP)}, "", ""},
		{"throttling", bothKeys, func(w *world) { w.failKeys("ThrottlingException") }, briefTimeout, []string{keyUS, keyAP, "throttling"}, "", ""},
		{"internal error", bothKeys, func(w *world) { w.failKeys("KMSInternalException") }, briefTimeout, []string{keyUS, keyAP, "KMSInternal"}, "", ""},
		{"role not assumable", []wrapper{{arn: keyUS, role: role}}, func(w *world) { w.aws.DenyRole(role) }, briefTimeout, []string{"sts:AssumeRole", role, allow("sts:AssumeRole", role)}, "", ""},
		{"role may not decrypt", []wrapper{{arn: keyUS, role: role}}, func(w *world) { w.us.LimitTo("arn:aws:iam::111122223333:role/other") }, briefTimeout, []string{"kms:Decrypt", role, allow("kms:Decrypt", keyUS)}, "", ""},
		{"other encryption context", []wrapper{{arn: keyUS, context: map[string]string{"team": "db"}}}, nil, defaultTimeout, []string{keyUS, "does not fit", `"team"`}, `"team": "db"`, `"team": "web"`},
		{"both regions down", bothKeys, func(w *world) { w.aws.Down("us-east-1"); w.aws.Down("ap-southeast-2") }, briefTimeout, []string{keyUS, keyAP, "KMS of us-east-1 is not reachable", "KMS of ap-southeast-2 is not reachable"}, "", ""},
		{"both regions hang", bothKeys, func(w *world) { w.aws.Hang("us-east-1"); w.aws.Hang("ap-southeast-2") }, briefTimeout, []string{keyUS, keyAP, "no answer to kms:Decrypt from us-east-1", "no answer to kms:Decrypt from ap-southeast-2"}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.succeeds(w.create(w.sample("before")))
			file := w.sampleWith(tt.keys)
			if tt.breaks != nil {
				tt.breaks(w)
			}
			if tt.from != "" {
				file = []byte(replaceOnce(t, string(file), tt.from, tt.to))
			}
			w.fails(w.update(file), tt.timeout, tt.words...)
			w.holds(flat("before"), 1)
		})
	}
}

// A function has no AWS profiles: what an entry says of one is ignored.
func TestProfileIsIgnored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.sampleWith([]wrapper{{arn: keyUS}})
	w.succeeds(w.create([]byte(replaceOnce(t, string(file), `"aws_profile": ""`, `"aws_profile": "dev"`))))
	w.holds(flat("first"), 1)
}

// allow is the statement that a denial names, for an entry without an encryption
// context.
func allow(action, resource string) string {
	condition := ""
	if action == "kms:Decrypt" {
		condition = `,"Condition":{"Null":{"kms:EncryptionContextKeys":"true"}}`
	}
	return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"` + condition + `}`
}

func (w *world) failKeys(code string) {
	w.us.Fail(code)
	w.ap.Fail(code)
}

// One key of two is enough, whatever happens to the other, and it costs no more
// than about two seconds.
func TestOneKeyFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		breaks func(*awstest.Server, *awstest.Key, string)
	}{
		{"disabled", func(_ *awstest.Server, k *awstest.Key, _ string) { k.Fail("DisabledException") }},
		{"deleted", func(_ *awstest.Server, k *awstest.Key, _ string) { k.Fail("NotFoundException") }},
		{"denied", func(_ *awstest.Server, k *awstest.Key, _ string) { k.Fail("AccessDeniedException") }},
		{"throttled", func(_ *awstest.Server, k *awstest.Key, _ string) { k.Fail("ThrottlingException") }},
		{"region down", func(s *awstest.Server, _ *awstest.Key, region string) { s.Down(region) }},
		{"region hangs", func(s *awstest.Server, _ *awstest.Key, region string) { s.Hang(region) }},
		{"region slow", func(s *awstest.Server, _ *awstest.Key, region string) { s.Delay(region, 5*time.Second) }},
	} {
		for _, first := range []bool{true, false} {
			name := tt.name + ", last"
			if first {
				name = tt.name + ", first"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				file := w.sample("first")
				if first {
					tt.breaks(w.aws, w.us, "us-east-1")
				} else {
					tt.breaks(w.aws, w.ap, "ap-southeast-2")
				}
				a := w.succeeds(w.create(file))
				w.holds(flat("first"), 1)
				if a.took > 4*time.Second { // a busy machine adds to it
					t.Errorf("took %v, want about two seconds at most", a.took)
				}
			})
		}
	}
}

// No key helps in the first round, for a while: the function tries again, and gives
// each call more time.
func TestKMSDisturbancePasses(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/sops-dev-role"
	oneKey := []wrapper{{arn: keyUS}}
	for _, tt := range []struct {
		name   string
		keys   []wrapper
		breaks func(*world)
		least  time.Duration
	}{
		{"answers in 2.5 s", oneKey, func(w *world) { w.aws.Delay("us-east-1", 2500*time.Millisecond) }, 4 * time.Second},
		{"no connection for 4 s", oneKey, func(w *world) {
			w.aws.Down("us-east-1")
			time.AfterFunc(4*time.Second, func() { w.aws.Up("us-east-1") })
		}, 4 * time.Second},
		{"no connection to STS for 2 s", []wrapper{{arn: keyUS, role: role}}, func(w *world) {
			w.aws.Down("us-east-1")
			time.AfterFunc(2*time.Second, func() { w.aws.Up("us-east-1") })
		}, 2 * time.Second},
		{"internal failure for 2 s", bothKeys, func(w *world) {
			w.failKeys("KMSInternalException")
			time.AfterFunc(2*time.Second, func() { w.failKeys("") })
		}, 2 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			file := w.sampleWith(tt.keys)
			tt.breaks(w)
			a := w.deliverIn(w.create(file), 40*time.Second)
			if a.Status != "SUCCESS" {
				t.Fatalf("got %s: %s", a.Status, a.Reason)
			}
			w.holds(flat("first"), 1)
			if a.took < tt.least-500*time.Millisecond {
				t.Errorf("took %v: nothing was disturbed", a.took)
			}
		})
	}
}

func TestSlowKMS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.sample("first")
	w.aws.Delay("us-east-1", 1500*time.Millisecond)
	w.aws.Delay("ap-southeast-2", 1500*time.Millisecond)
	w.succeeds(w.create(file))
	w.holds(flat("first"), 1)
}

// IAM has not yet seen the policy: the function waits for it.
func TestKeyAccessComesLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.sample("first")
	w.failKeys("AccessDeniedException")
	time.AfterFunc(1200*time.Millisecond, func() { w.failKeys("") })
	a := w.succeeds(w.create(file))
	w.holds(flat("first"), 1)
	if a.took < time.Second {
		t.Errorf("took %v: nothing was denied", a.took)
	}
}

func TestRoleAccessComesLate(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/sops-dev-role"
	w := newWorld(t)
	file := w.sampleWith([]wrapper{{arn: keyUS, role: role}})
	w.aws.DenyRole(role)
	time.AfterFunc(1200*time.Millisecond, func() { w.aws.AllowRole(role) })
	w.succeeds(w.create(file))
	w.holds(flat("first"), 1)
}

// The role is assumed once for all keys of the file, and may then use them alone.
func TestRoleIsNarrowed(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/sops-dev-role"
	w := newWorld(t)
	w.aws.AddAlias(aliasAP, w.ap)
	file := w.sampleWith([]wrapper{{arn: aliasAP, role: role}, {arn: keyUS, role: role, context: map[string]string{"team": "db"}}})
	w.ap.Fail("DisabledException") // so that both are tried
	w.aws.ResetCalls()
	w.succeeds(w.create(file))
	w.holds(flat("first"), 1)
	var policies []string
	used := map[string]bool{}
	for _, c := range w.aws.Calls() {
		switch {
		case c.Action == "AssumeRole":
			policies = append(policies, c.Policy)
		case c.Action == "Decrypt" && c.Role == role:
			used[c.Resource] = true
		}
	}
	const want = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":["` + keyUS + `"]},` +
		`{"Effect":"Allow","Action":"kms:Decrypt","Resource":["arn:aws:kms:ap-southeast-2:111122223333:key/*"],"Condition":` +
		`{"ForAnyValue:StringEquals":{"kms:ResourceAliases":["alias/sops"]},"StringEquals":{"kms:RequestAlias":["alias/sops"]}}}]}`
	if len(policies) != 1 || policies[0] != want {
		t.Errorf("the role was assumed with\n%s\nwant once\n%s", strings.Join(policies, "\n"), want)
	}
	if !used[keyUS] || !used[aliasAP] {
		t.Errorf("the keys that were used in the role are %v", used)
	}
}

func TestThrottlingPasses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.sample("first")
	w.failKeys("ThrottlingException")
	time.AfterFunc(2*time.Second, func() { w.failKeys("") })
	w.succeeds(w.create(file))
	w.holds(flat("first"), 1)
}
