package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCreateWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeeds(w.create(w.sample("first")))
	w.holds(flat("first"), 1)
	if _, text, _ := w.secret.Value("AWSCURRENT"); !text {
		t.Error("flat JSON was written as SecretBinary")
	}
}

// The role of the function allows what this shows, and nothing else. The secret is read
// while the file is decrypted, so the calls of KMS may stand anywhere.
func TestCallsNoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.sample("first"), w.sample("second")
	for _, tt := range []struct {
		event map[string]any
		want  []string
	}{
		{w.create(first), []string{"DescribeSecret", "GetSecretValue", "PutSecretValue", "DescribeSecret"}},
		{w.at(5, w.updateFrom(first, second)), []string{"DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage", "DescribeSecret"}},
		{w.at(10, w.updateFrom(second, second)), []string{"DescribeSecret", "GetSecretValue"}},
	} {
		w.aws.ResetCalls()
		w.succeeds(tt.event)
		var secrets, others []string
		for _, c := range w.aws.Calls() {
			call := fmt.Sprintf("%s:%s %s %s", c.Service, c.Action, c.Region, c.Resource)
			if c.Service == "secretsmanager" {
				secrets = append(secrets, call)
			} else {
				others = append(others, call)
			}
		}
		var want []string
		for _, action := range tt.want {
			want = append(want, "secretsmanager:"+action+" eu-west-1 "+secretARN)
		}
		if !slices.Equal(secrets, want) {
			t.Errorf("got %q, want %q", secrets, want)
		}
		if want := []string{"kms:Decrypt us-east-1 " + keyUS}; !slices.Equal(others, want) {
			t.Errorf("got %q, want %q", others, want)
		}
	}
}

func TestUpdateWritesANewVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.succeeds(w.create(w.sample("first")))
	b := w.succeeds(w.update(w.sample("second")))
	w.holds(flat("second"), 2)
	previous, _, id := w.secret.Value("AWSPREVIOUS")
	if string(previous) != flat("first") || id != a.Data["VersionId"] {
		t.Errorf("AWSPREVIOUS is %q with %q, want %q with the first values", id, previous, a.Data["VersionId"])
	}
	if a.Data["VersionId"] == b.Data["VersionId"] {
		t.Error("two versions have one id")
	}
	if a.PhysicalResourceId != b.PhysicalResourceId {
		t.Error("the physical id changed with the file")
	}
}

func TestBackToTheFirstFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.sample("first")
	w.succeeds(w.create(first))
	w.succeeds(w.update(w.sample("second")))
	w.succeeds(w.update(first))
	w.holds(flat("first"), 3)
}

// sops rotate and updatekeys change every byte of a file and none of its values.
func TestSameValuesMakeNoVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.succeeds(w.create(w.sample("first")))
	first, rotated := w.sample("first"), w.sample("first")
	b := w.succeeds(w.updateFrom(first, rotated))
	w.holds(flat("first"), 1)
	if a.Data["VersionId"] != b.Data["VersionId"] {
		t.Error("the version id changed although no version was written")
	}
	fewer := w.file([]wrapper{{arn: keyAP}}, pair{"my_api_key", "first-plaintext-one"}, pair{"my_first_secret", "first-plaintext-two"})
	w.succeeds(w.updateFrom(rotated, fewer))
	w.holds(flat("first"), 1)
	if got := w.called("secretsmanager", "PutSecretValue"); got != 1 {
		t.Errorf("PutSecretValue was called %d times, want once", got)
	}
}

func TestAnotherRenderingWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.create(w.sample("first"))
	w.succeeds(e)
	props := propertiesOf(e)
	part(props, "Output")["Mode"] = "raw"
	w.succeeds(w.request("Update", props))
	got, _, _ := w.secret.Value("AWSCURRENT")
	if !strings.Contains(string(got), "\n\t\"my_first_secret\": \"first-plaintext-two\"") {
		t.Errorf("the secret does not hold the file as it is decrypted: %q", got)
	}
}

func TestNestedRendering(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.create(w.sample("first"))
	part(propertiesOf(e), "Output")["Mode"] = "nested"
	w.succeeds(e)
	w.holds(flat("first"), 1) // a file without nesting and numbers renders alike
}

func TestOneValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.create(w.sample("first"))
	output := part(propertiesOf(e), "Output")
	output["Mode"], output["Value"] = "value", "my_first_secret"
	w.succeeds(e)
	w.holds("first-plaintext-two", 1)
	output["Value"] = "my_thrid_secret"
	w.fails(w.request("Update", propertiesOf(e)), defaultTimeout, "sops/mymanagedsecrets.sops.json", `no value has the name "my_thrid_secret"`)
	w.holds("first-plaintext-two", 1)
}

// Without an output, flat JSON lands.
func TestNoOutput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.create(w.sample("first"))
	delete(propertiesOf(e), "Output")
	w.succeeds(e)
	w.holds(flat("first"), 1)
}

func TestBinary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := "keystore-content \x00\x01\xff"
	e := w.create(w.file(bothKeys, pair{"data", content}))
	props := propertiesOf(e)
	file, output := part(props, "File"), part(props, "Output")
	file["Format"], output["Mode"], file["Name"] = "binary", "binary", "sops/keystore"
	w.succeeds(e)
	got, text, _ := w.secret.Value("AWSCURRENT")
	if text {
		t.Error("binary content was written as SecretString")
	}
	if string(got) != content {
		t.Errorf("the secret holds %q, want %q", got, content)
	}
	w.succeeds(w.request("Update", props))
	if n := w.secret.Versions(); n != 1 {
		t.Errorf("the same binary content made %d versions", n)
	}
}

// A value that someone put there by hand is replaced by the file's.
func TestOverwritesAnotherWriter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeeds(w.create(w.sample("first")))
	w.secret.Put(strings.Repeat("f", 32), "by hand")
	e := w.update(w.sample("first"))
	e["ResponseURL"] = w.receiver.URL(later())
	w.succeeds(e)
	w.holds(flat("first"), 3)
}

func TestSizeLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const around = len(`{"k":""}`)
	w.succeeds(w.create(w.file(bothKeys, pair{"k", strings.Repeat("s", 65536-around)})))
	a := w.fails(w.update(w.file(bothKeys, pair{"k", strings.Repeat("l", 65537-around)})), defaultTimeout, "65537", "65536")
	if strings.Contains(a.Reason, "llll") {
		t.Error("the reason holds the value")
	}
	if n := w.secret.Versions(); n != 1 {
		t.Errorf("there are %d versions, want 1", n)
	}
}

// Values that look like JSON, like an error's text, or like nothing much are
// written as they are.
func TestAwkwardValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeeds(w.create(w.file(bothKeys, pair{"html", `<a href="x">&</a>`}, pair{"ünï", "zeile\nzwei"}, pair{"empty", ""}, pair{"template", "{{resolve:ssm:x}}"})))
	w.holds(`{"html":"<a href=\"x\">&</a>","ünï":"zeile\nzwei","empty":"","template":"{{resolve:ssm:x}}"}`, 1)
}

// One process answers many events, as a warm function does.
func TestWarmFunction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeeds(w.create(w.sample("0")))
	for i := 1; i <= 10; i++ {
		w.succeeds(w.update(w.sample(fmt.Sprint(i))))
		w.holds(flat(fmt.Sprint(i)), i+1)
	}
}

func TestEncryptionContextAndRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const role = "arn:aws:iam::111122223333:role/sops-dev-role"
	w.us.LimitTo(role)
	file := w.sampleWith([]wrapper{{arn: keyUS, role: role, context: map[string]string{"team": "db"}}})
	w.succeeds(w.create(file))
	w.holds(flat("first"), 1)
	var sessions []string
	for _, c := range w.aws.Calls() {
		if c.Service == "sts" {
			sessions = append(sessions, c.Resource)
		}
		if c.Service == "kms" && c.Action == "Decrypt" && (c.Role != role || c.Context["team"] != "db") {
			t.Errorf("decrypted with role %q and context %v", c.Role, c.Context)
		}
	}
	if !slices.Equal(sessions, []string{role}) {
		t.Errorf("assumed %v, want %s once", sessions, role)
	}
}
