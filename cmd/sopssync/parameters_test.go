package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// below is an event for parameters below /app: NAME=VALUE each.
func (w *world) below(kind string, change func(*syncprotocol.Parameters), values ...string) map[string]any {
	w.t.Helper()
	to := &syncprotocol.Parameters{Prefix: "/app/"}
	var pairs []pair
	for _, each := range values {
		name, value, _ := strings.Cut(each, "=")
		pairs, to.Names = append(pairs, pair{name, value}), append(to.Names, "/app/"+name)
	}
	if change != nil {
		change(to)
	}
	props := properties(w.t, w.file(bothKeys, pairs...))
	props["Target"] = map[string]any{"Parameters": to}
	return w.request(kind, props)
}

// from is e as an Update of the properties of another event.
func from(old, e map[string]any) map[string]any {
	e["OldResourceProperties"] = propertiesOf(old)
	return e
}

// done delivers an event about parameters, and wants it done.
func (w *world) done(e map[string]any) answer {
	w.t.Helper()
	a := w.deliverIn(e, 30*time.Second)
	if a.Status != "SUCCESS" {
		w.t.Fatalf("got %s: %s", a.Status, a.Reason)
	}
	return a
}

// stored wants these parameters: NAME=VALUE@VERSION each, sorted.
func (w *world) stored(want ...string) {
	w.t.Helper()
	var got []string
	for _, name := range w.parameters.Names() {
		p, _ := w.parameters.Held(name)
		got = append(got, fmt.Sprintf("%s=%s@%d", name, p.Value, p.Version))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("got %q, want %q", got, want)
	}
}

// removedAgo has the request that left its mark on a parameter have removed others so long
// ago.
func (w *world) removedAgo(name string, d time.Duration) {
	w.t.Helper()
	p, _ := w.parameters.Held(name)
	id, _, ended := strings.Cut(p.Tags[syncprotocol.TagRequest], " ")
	if !ended {
		w.t.Fatalf("the mark %q is none of a request that has ended", p.Tags[syncprotocol.TagRequest])
	}
	w.parameters.SetTag(name, syncprotocol.TagRequest, id+" "+time.Now().Add(-d).UTC().Format("20060102T150405Z"))
}

func quick(t *testing.T) *world {
	w := newWorld(t)
	w.parameters.SetRate(1000)
	return w
}

// Made, unchanged, changed, one removed and one added, and destroyed.
func TestParametersLife(t *testing.T) {
	t.Parallel()
	w := quick(t)
	first := w.below("Create", nil, "a=value-one", "b=value-two")
	made := w.done(first)
	if got := made.Data["Path"]; got != "app" {
		t.Errorf("got the path %q", got)
	}
	w.stored("/app/a=value-one@1", "/app/b=value-two@1")
	p, _ := w.parameters.Held("/app/a")
	if p.Type != "SecureString" || p.Tier != "Standard" || p.Tags[syncprotocol.TagStack] != stackID || p.Tags[syncprotocol.TagResource] != logical {
		t.Errorf("got %+v", p)
	}
	w.done(first) // delivered again
	second := from(first, w.below("Update", nil, "b=value-new", "c=value-three"))
	if a := w.done(second); a.PhysicalResourceId != made.PhysicalResourceId {
		t.Errorf("the physical id changed from %q to %q", made.PhysicalResourceId, a.PhysicalResourceId)
	}
	w.stored("/app/b=value-new@2", "/app/c=value-three@1")
	w.done(second)
	w.stored("/app/b=value-new@2", "/app/c=value-three@1")
	remove := w.request("Delete", propertiesOf(second))
	remove["PhysicalResourceId"] = unanswered
	w.done(remove)
	w.stored()
	w.done(remove)
}

// What is equal makes no call beyond the reading, a changed tag no version, and a
// changed description or key one.
func TestParametersSettings(t *testing.T) {
	t.Parallel()
	w := quick(t)
	first := w.below("Create", func(p *syncprotocol.Parameters) { p.Tags = map[string]string{"team": "x", "old": "y"} }, "a=value-one")
	w.done(first)
	w.aws.ResetCalls()
	w.done(from(first, w.below("Update", func(p *syncprotocol.Parameters) { p.Tags = map[string]string{"team": "x", "old": "y"} }, "a=value-one")))
	if lists, marks, writes := w.called("ssm", "ListTagsForResource"), w.called("ssm", "AddTagsToResource"), w.called("ssm", "PutParameter"); lists > 1 || marks > 2 || writes > 0 {
		t.Errorf("%d looks at tags, %d marks and %d writes for nothing", lists, marks, writes)
	}
	tagged := func(p *syncprotocol.Parameters) { p.Tags = map[string]string{"team": "z"} }
	second := from(first, w.below("Update", tagged, "a=value-one"))
	w.done(second)
	w.stored("/app/a=value-one@1")
	p, _ := w.parameters.Held("/app/a")
	if _, old := p.Tags["old"]; old || p.Tags["team"] != "z" {
		t.Errorf("got tags %v", p.Tags)
	}
	third := from(second, w.below("Update", func(p *syncprotocol.Parameters) { tagged(p); p.Description, p.KeyID = "for tests", "key" }, "a=value-one"))
	w.done(third)
	w.done(third) // delivered again: no further version
	w.stored("/app/a=value-one@2")
	if p, _ := w.parameters.Held("/app/a"); p.Description != "for tests" || p.Key != "key" {
		t.Errorf("got %+v", p)
	}
}

// The key changes, and the function may no longer use the old one: all is written again,
// once. A Delete needs no key.
func TestParametersUnderAnotherKey(t *testing.T) {
	t.Parallel()
	w := quick(t)
	with := func(key string) func(*syncprotocol.Parameters) {
		return func(p *syncprotocol.Parameters) { p.KeyID = key }
	}
	first := w.below("Create", with("old"), "a=value-one", "b=value-two")
	w.done(first)
	w.parameters.Lock("old")
	second := from(first, w.below("Update", with("new"), "a=value-one", "b=value-two"))
	w.done(second)
	w.stored("/app/a=value-one@2", "/app/b=value-two@2")
	w.done(second) // delivered again
	w.stored("/app/a=value-one@2", "/app/b=value-two@2")
	w.parameters.Lock("new")
	w.done(w.request("Delete", propertiesOf(second)))
	w.stored()
}

// What RetainUpdate keeps is a name that leaves the file. A Delete comes only where the
// Create is rolled back.
func TestParametersRetainedOnUpdate(t *testing.T) {
	t.Parallel()
	w := quick(t)
	keep := func(p *syncprotocol.Parameters) { p.Retain = syncprotocol.RetainUpdate }
	first := w.below("Create", keep, "a=value-one", "b=value-two")
	w.done(first)
	second := from(first, w.below("Update", keep, "b=value-two"))
	w.done(second)
	w.stored("/app/a=value-one@1", "/app/b=value-two@1")
	w.done(w.request("Delete", propertiesOf(second)))
	w.stored("/app/a=value-one@1")
}

func TestParametersOfOthers(t *testing.T) {
	t.Parallel()
	adopt := func(p *syncprotocol.Parameters) { p.Adopt = "true" }
	t.Run("unowned", func(t *testing.T) {
		t.Parallel()
		w := quick(t)
		w.parameters.Put("/app/b", "SecureString", "by-hand")
		e := w.below("Create", nil, "a=value-one", "b=value-two")
		w.fails(e, defaultTimeout, "/app/b", "Adopt")
		w.stored("/app/b=by-hand@1") // nothing was written
		w.done(w.request("Delete", propertiesOf(e)))
		w.stored("/app/b=by-hand@1")
	})
	t.Run("adopted, and rolled back", func(t *testing.T) {
		t.Parallel()
		w := quick(t)
		w.parameters.Put("/app/b", "SecureString", "by-hand")
		e := w.below("Create", adopt, "b=value-two")
		w.done(e)
		w.stored("/app/b=value-two@2")
		w.done(w.request("Delete", propertiesOf(e)))
		w.stored("/app/b=by-hand@3")
		if p, _ := w.parameters.Held("/app/b"); len(p.Tags) > 0 {
			t.Errorf("got tags %v", p.Tags)
		}
	})
	t.Run("of a type that cannot change", func(t *testing.T) {
		t.Parallel()
		w := quick(t)
		w.parameters.Put("/app/b", "String", "by-hand")
		w.fails(w.below("Create", adopt, "a=value-one", "b=value-two"), defaultTimeout, "/app/b", "SecureString")
		w.stored("/app/b=by-hand@1")
	})
	t.Run("of another stack", func(t *testing.T) {
		t.Parallel()
		w := quick(t)
		other := w.below("Create", nil, "a=value-one")
		other["StackId"] = strings.Replace(stackID, "SopsSecrets", "Other", 1)
		w.done(other)
		e := w.below("Create", nil, "a=value-two")
		w.fails(e, defaultTimeout, "/app/a", "belongs to the stack", "OtherManagerStack")
		w.done(w.request("Delete", propertiesOf(e)))
		w.stored("/app/a=value-one@1")
	})
}

// A construct is renamed: the new resource takes the parameters over before the old one
// is removed. Rolled back, it gives them back.
func TestParametersOfARenamedConstruct(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{false, true} {
		t.Run(fmt.Sprintf("rolled back %v", back), func(t *testing.T) {
			t.Parallel()
			w := quick(t)
			w.done(w.below("Create", nil, "a=value-one", "b=value-two"))
			renamed := w.below("Create", nil, "a=value-one", "b=value-new")
			renamed["LogicalResourceId"] = "Renamed"
			w.done(renamed)
			w.stored("/app/a=value-one@1", "/app/b=value-new@2")
			remove := w.below("Delete", nil, "a=value-one", "b=value-two")
			if back {
				remove["LogicalResourceId"] = "Renamed"
			}
			w.done(remove)
			owner, stored := "Renamed", "/app/b=value-new@2"
			if back {
				owner, stored = logical, "/app/b=value-two@3"
			}
			w.stored("/app/a=value-one@1", stored)
			for _, name := range w.parameters.Names() {
				if p, _ := w.parameters.Held(name); p.Tags[syncprotocol.TagResource] != owner || p.Tags[syncprotocol.TagPrevious] != "" {
					t.Errorf("%s has tags %v", name, p.Tags)
				}
			}
			// Its owner removes them.
			remove["LogicalResourceId"] = owner
			remove["RequestId"] = "another"
			w.done(remove)
			w.stored()
		})
	}
}

// A fault in the middle names what changed. The same event delivered again goes on
// there, and the rollback restores what was.
func TestParametersFaultInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"InvalidKeyId", "ParameterMaxVersionLimitExceeded", "InternalServerError"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := quick(t)
			first := w.below("Create", nil, "a=value-one", "b=value-two", "c=value-three", "d=value-four")
			w.done(first)
			second := from(first, w.below("Update", nil, "a=value-1", "b=value-2", "c=value-3"))
			w.parameters.FailOn("PutParameter", "/app/b", code, 10000)
			w.fails(second, briefTimeout, "/app/b", "changed before that: /app/a")
			w.stored("/app/a=value-1@2", "/app/b=value-two@1", "/app/c=value-three@1", "/app/d=value-four@1")
			w.parameters.FailOn("PutParameter", "/app/b", code, 0)
			w.done(second)
			w.stored("/app/a=value-1@2", "/app/b=value-2@2", "/app/c=value-3@2")
			w.removedAgo("/app/a", time.Minute)
			back := w.below("Update", nil, "a=value-one", "b=value-two", "c=value-three", "d=value-four")
			w.done(from(second, back)) // d was deleted a moment ago: it waits
			w.stored("/app/a=value-one@3", "/app/b=value-two@3", "/app/c=value-three@3", "/app/d=value-four@1")
		})
	}
}

// A name that was removed a moment ago is made again when 30 seconds have passed, by
// another process, too.
func TestParametersMadeAgain(t *testing.T) {
	t.Parallel()
	w := quick(t)
	w.parameters.SetRecreateAfter(0) // SSM may take it sooner, and need not keep it
	first := w.below("Create", nil, "a=value-one", "b=value-two")
	w.done(first)
	second := from(first, w.below("Update", nil, "a=value-one"))
	w.done(second)
	p, _ := w.parameters.Held("/app/a")
	removed, err := time.Parse("20060102T150405Z", p.Tags[syncprotocol.TagRequest][len(p.Tags[syncprotocol.TagRequest])-16:])
	if err != nil || time.Since(removed) > time.Minute {
		t.Fatalf("the mark is %q", p.Tags[syncprotocol.TagRequest])
	}
	w.removedAgo("/app/a", 27*time.Second)
	unchanged := from(second, w.below("Update", nil, "a=value-one")) // passes on what it found
	w.done(unchanged)
	start := time.Now()
	w.done(from(unchanged, w.below("Update", nil, "a=value-one", "b=value-two")))
	if took := time.Since(start); took < time.Second {
		t.Errorf("it was made again after %v", took)
	}
	w.stored("/app/a=value-one@1", "/app/b=value-two@1")
}

// The answer to a write is lost: it is tried again, and done, without a complaint of another
// writer.
func TestParametersLostAnswers(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]error{"status": awstest.ErrLostAsStatus, "cut": awstest.ErrLostCut} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := quick(t)
			w.parameters.Lose("PutParameter", how, 1)
			first := w.below("Create", nil, "a=value-one", "b=value-two")
			w.done(first)
			w.stored("/app/a=value-one@1", "/app/b=value-two@1")
			w.parameters.Lose("PutParameter", how, 1)
			w.parameters.Lose("AddTagsToResource", how, 1)
			second := from(first, w.below("Update", nil, "a=value-1", "b=value-2"))
			w.done(second)
			w.stored("/app/a=value-1@3", "/app/b=value-2@2")
			w.parameters.Lose("DeleteParameters", how, 1)
			w.done(w.request("Delete", propertiesOf(second)))
			w.stored()
		})
	}
}

// 100 versions, the oldest of which has a label.
func TestParametersLabelledVersion(t *testing.T) {
	t.Parallel()
	w := quick(t)
	first := w.below("Create", nil, "a=value-one")
	w.done(first)
	w.parameters.Label("/app/a", 100)
	w.fails(from(first, w.below("Update", nil, "a=value-two")), defaultTimeout, "/app/a", "label", "no parameter was changed")
}

// The tier follows the size in bytes, and never goes back.
func TestParametersTier(t *testing.T) {
	t.Parallel()
	w := quick(t)
	large := strings.Repeat("ä", 2049)
	first := w.below("Create", nil, "a="+large, "b="+large[2:])
	w.done(first)
	for name, tier := range map[string]string{"/app/a": "Advanced", "/app/b": "Standard"} {
		if p, _ := w.parameters.Held(name); p.Tier != tier {
			t.Errorf("%s: got %s, want %s", name, p.Tier, tier)
		}
	}
	second := from(first, w.below("Update", nil, "a=value-small", "b="+large))
	w.done(second)
	w.stored("/app/a=value-small@2", "/app/b="+large+"@2")
	standard := func(p *syncprotocol.Parameters) { p.Tier = "Standard" }
	w.fails(from(second, w.below("Update", standard, "a=value-other", "b=value-small")), defaultTimeout, "/app/a", "never becomes Standard")
	w.fails(from(second, w.below("Update", standard, "a="+large, "b=value-small")), defaultTimeout, "/app/a", "4098 bytes")
}

// SSM takes three writes a second over the account. Two resources share them.
func TestParametersThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	var values, want []string
	for i := range 10 {
		values = append(values, fmt.Sprintf("n%02d=value-%02d", i, i))
	}
	for i := range 10 {
		want = append(want, fmt.Sprintf("/app/m%02d=value-%02d@1", i, i))
	}
	for i := range 10 {
		want = append(want, fmt.Sprintf("/app/n%02d=value-%02d@1", i, i))
	}
	one := w.below("Create", nil, values...)
	for i := range values {
		values[i] = "m" + values[i][1:]
	}
	two := w.below("Create", nil, values...)
	two["LogicalResourceId"] = "Other"
	payloads := [][]byte{marshal(t, one), marshal(t, two)}
	ended := make(chan error, 2)
	for _, payload := range payloads {
		go func() {
			_, err := w.lambda.Invoke(payload, 60*time.Second, 80*time.Second)
			ended <- err
		}()
	}
	for range payloads {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	w.answers += 2
	for _, a := range w.receiver.Answers() {
		if got := w.read(a.Body); got.Status != "SUCCESS" {
			t.Errorf("got %s: %s", got.Status, got.Reason)
		}
	}
	w.stored(want...)
}

// 300 parameters for each of two resources of a stack, with all others that write in the
// account: SSM throttles, at another rate than AWS's own for the time that it takes. The
// deadline of one passes, and the event goes on there when it is delivered again.
func TestThreeHundredParameters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	w.parameters.SetRate(100)
	events := map[string]map[string]any{}
	for _, resource := range []string{"One", "Two"} {
		values := make([]string, 300)
		for i := range values {
			values[i] = fmt.Sprintf("%s_setting_%03d=value-%03d", resource, i, i)
		}
		events[resource] = w.below("Create", nil, values...)
		events[resource]["LogicalResourceId"] = resource
	}
	ended := make(chan error, 2)
	for resource, timeout := range map[string]time.Duration{"One": 3 * time.Second, "Two": 60 * time.Second} {
		payload := marshal(t, events[resource])
		go func() {
			_, err := w.lambda.Invoke(payload, timeout, timeout+20*time.Second)
			ended <- err
		}()
	}
	for range events {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	for _, got := range w.receiver.Answers() {
		w.answers++
		if a := w.read(got.Body); a.LogicalResourceId == "Two" && a.Status != "SUCCESS" {
			t.Errorf("got %s: %s", a.Status, a.Reason)
		} else if a.LogicalResourceId == "One" {
			w.refused(a, "changed before that: /app/One_setting_000, /app/One_setting_001, ")
			// The deadline comes while SSM throttles, or while a call is under way.
			if !strings.Contains(a.Reason, "throttling") && !strings.Contains(a.Reason, "no answer before the function's deadline") {
				t.Errorf("got %s", a.Reason)
			}
			if len(a.Reason) > 4000 {
				t.Errorf("the reason has %d bytes", len(a.Reason))
			}
		}
	}
	w.deliverIn(events["One"], 60*time.Second)
	names := w.parameters.Names()
	if len(names) != 600 {
		t.Errorf("%d parameters were made", len(names))
	}
	for _, name := range names {
		if p, _ := w.parameters.Held(name); p.Version != 1 || p.Value != "value-"+name[len(name)-3:] {
			t.Errorf("%s has version %d", name, p.Version)
		}
	}
}

// What a failed request lists is bounded, and the log has all of it.
func TestParametersThatAFailureLists(t *testing.T) {
	t.Parallel()
	w := quick(t)
	w.parameters.SetRate(10_000)
	var values []string
	for i := range 200 {
		values = append(values, fmt.Sprintf("some_setting_of_usual_length_%03d=value-one", i))
	}
	w.parameters.FailOn("PutParameter", "/app/some_setting_of_usual_length_150", "InvalidKeyId", 10000)
	a := w.fails(w.below("Create", nil, values...), 30*time.Second, "/app/some_setting_of_usual_length_000", "more, which the function's log names")
	var more int
	fmt.Sscan(a.Reason[strings.LastIndex(a.Reason, ", and ")+len(", and "):], &more)
	if listed := strings.Count(a.Reason, "some_setting") - 1; listed+more != 150 {
		t.Errorf("%d are listed and %d more, of 150: %s", listed, more, a.Reason)
	}
	if !strings.Contains(w.log.String(), `"/app/some_setting_of_usual_length_149"]`) {
		t.Error("the log does not name them")
	}
}

// The deadline passes while SSM throttles: the event says how far it came, and goes on
// there when it is delivered again.
func TestParametersDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var values []string
	for i := range 30 {
		values = append(values, fmt.Sprintf("n%02d=value-%02d", i, i))
	}
	e := w.below("Create", nil, values...)
	w.parameters.SetRate(2)
	w.fails(e, 5*time.Second, "throttling", "changed before that: /app/n00, /app/n01")
	some := len(w.parameters.Names())
	if some == 0 || some == len(values) {
		t.Fatalf("%d were made", some)
	}
	w.parameters.SetRate(1000)
	w.aws.ResetCalls()
	w.done(e)
	if got := w.called("ssm", "PutParameter"); got != len(values)-some {
		t.Errorf("%d writes, want %d", got, len(values)-some)
	}
}

// A file with other names than the template says changes nothing, even one without a value
// that makes a parameter.
func TestParametersWithOtherNames(t *testing.T) {
	t.Parallel()
	w := quick(t)
	skip := func(p *syncprotocol.Parameters) { p.SkipEmpty = "true" }
	first := w.below("Create", skip, "a=value-one", "b=value-two")
	w.done(first)
	for _, tt := range []struct {
		values []string
		want   string
	}{
		{[]string{"a=", "b="}, "none of its values makes a parameter"},
		{[]string{"a=value-new", "b="}, "other names"},
		{[]string{"a=value-new", "b=value-new", "c=value-new"}, "other names"},
		{[]string{"a=value-new", "c=value-new"}, "other names"},
	} {
		e := w.below("Update", func(p *syncprotocol.Parameters) {
			skip(p)
			p.Names = []string{"/app/a", "/app/b"}
		}, tt.values...)
		w.fails(from(first, e), defaultTimeout, tt.want)
	}
	w.stored("/app/a=value-one@1", "/app/b=value-two@1")
}

// Nothing of a value is in an answer or a log when SSM quotes it.
func TestParameterThatSSMRefuses(t *testing.T) {
	t.Parallel()
	w := quick(t)
	w.fails(w.below("Create", nil, "a=value-{{ssm:x}}"), defaultTimeout, "{{", "sops/mymanagedsecrets.sops.json")
	w.fails(w.below("Create", nil, "a="), defaultTimeout, "at least one character")
	w.fails(w.below("Create", func(p *syncprotocol.Parameters) { p.Names = []string{"/app/b"} }, "a=value-one"), defaultTimeout, "other names")
	w.parameters.FailOn("PutParameter", "/app/a", "AccessDeniedException", 10000)
	w.fails(w.below("Create", nil, "a=value-one"), briefTimeout, "access denied", "arn:aws:ssm:eu-west-1:"+awstest.DefaultAccount+":parameter/app/a")
	w.stored()
}

// What a file travels in, and what opens it, is the same for parameters as for secrets: an
// object of a bucket, and an age identity that is read when it is needed.
func TestParametersOfAFileInABucketByAge(t *testing.T) {
	t.Parallel()
	w := quick(t)
	id := w.identity()
	w.parameters.Put(identityName, "SecureString", keygen(id))
	e := w.byAge(id, nil, inParameter)
	file, _ := w.inBucket(e)
	file["AllowedKeys"] = []string{id.Recipient().String()}
	propertiesOf(e)["Target"] = map[string]any{"Parameters": syncprotocol.Parameters{Prefix: "/app", Names: []string{"/app/my_api_key", "/app/my_first_secret"}}}
	w.done(e)
	p, _ := w.parameters.Held("/app/my_api_key")
	q, _ := w.parameters.Held("/app/my_first_secret")
	if p.Value != "first-plaintext-one" || q.Value != "first-plaintext-two" {
		t.Error("the parameters are not what the file says")
	}
	// Another file in the object's place, for another recipient, is refused unopened.
	file["AllowedKeys"] = []string{w.identity().Recipient().String()}
	w.fails(w.request("Update", propertiesOf(e)), defaultTimeout, "AllowedKeys", "sops/mymanagedsecrets.sops.json")
	// Nor is a file that no identity opens written.
	file["AllowedKeys"] = []string{id.Recipient().String()}
	w.parameters.Put(identityName, "SecureString", keygen(w.identity()))
	w.fails(w.request("Update", propertiesOf(e)), defaultTimeout, identityName)
}

// One parameter holds what Output says, and stays with Retain.
func TestOneParameter(t *testing.T) {
	t.Parallel()
	w := quick(t)
	props := properties(t, w.sample("first"))
	props["Target"] = map[string]any{"Parameters": syncprotocol.Parameters{Names: []string{"whole"}, Retain: "true"}}
	a := w.done(w.request("Create", props))
	w.stored("whole=" + flat("first") + "@1")
	if a.Data["Name"] != "whole" || a.Data["Path"] != "whole" || a.Data["Arn"] != "arn:aws:ssm:eu-west-1:111122223333:parameter/whole" {
		t.Errorf("got %v", a.Data)
	}
	props["Output"] = map[string]any{"Mode": "value", "Value": "my_api_key"}
	w.done(w.request("Update", props))
	w.stored("whole=first-plaintext-one@2")
	w.done(w.request("Delete", props))
	w.stored("whole=first-plaintext-one@2")
}
