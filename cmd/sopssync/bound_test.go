package main_test

import (
	"bytes"
	"maps"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// bound are the properties of a construct whose file is in a bucket and known by its hash.
func bound(t *testing.T, file []byte, modified string) map[string]any {
	props := byS3(t)
	part(props, "File")["SHA256"], part(props, "File")["LastModified"] = syncprotocol.SHA256(file), modified
	return props
}

// Whoever can write the object puts another file there that the function can open: it is
// refused before it is read, and no key is asked for.
func TestAnotherFileThanTheBoundOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeeds(w.create(w.sample("before")))
	file, other := w.sample("first"), w.sample("other")
	for name, object := range map[string][]byte{
		"another secret's file": other, "a space behind it": append(bytes.Clone(file), ' '), "nothing": {}, "no SOPS file": []byte(`{"a": "b"}`),
	} {
		w.aws.AddBucket(bucket).Put(key, object)
		w.aws.ResetCalls()
		w.fails(w.request("Update", bound(t, file, "2026-01-01T00:00:00Z")), defaultTimeout, "sops/mymanagedsecrets.sops.json", bucket, key, "another file", "upload")
		for _, c := range w.aws.Calls() {
			if c.Service != "s3" {
				t.Errorf("%s: %s:%s was called", name, c.Service, c.Action)
			}
		}
		w.holds(flat("before"), 1)
	}
}

// The file itself lands, also where a checkout changed its line ends before the upload.
func TestTheBoundFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := append(bytes.Clone(w.sample("first")), '\n')
	for _, object := range [][]byte{file, bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n"))} {
		w.aws.AddBucket(bucket).Put(key, object)
		w.succeeds(w.request("Create", bound(t, file, "2026-01-01T00:00:00Z")))
		w.holds(flat("first"), 1)
	}
}

// An update replaced the object, and is rolled back: nobody has the file from before, and
// the rollback must not fail. The secret stays as it is, whether the update has written it
// or not, and the update cannot write it any more.
func TestRollbackToABoundFileThatWasReplaced(t *testing.T) {
	t.Parallel()
	for name, written := range map[string]bool{"the update has written": true, "the update was refused": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first, second := w.sample("first"), w.sample("second")
			b := w.aws.AddBucket(bucket)
			b.Put(key, first)
			w.succeeds(w.at(-60, w.request("Create", bound(t, first, "2026-01-01T00:00:00Z"))))
			b.Put(key, second)
			update := w.at(-30, w.request("Update", bound(t, second, "2026-01-02T00:00:00Z")))
			update["OldResourceProperties"] = bound(t, first, "2026-01-01T00:00:00Z")
			want, versions := flat("first"), 2
			if written {
				w.succeeds(update)
				want, versions = flat("second"), 3
			}
			rollback := w.request("Update", bound(t, first, "2026-01-01T00:00:00Z"))
			rollback["OldResourceProperties"] = bound(t, second, "2026-01-02T00:00:00Z")
			w.aws.ResetCalls()
			w.succeeds(rollback)
			w.holds(want, versions)
			if n := w.called("kms", "Decrypt"); n > 0 {
				t.Errorf("the newer file was decrypted")
			}
			w.fails(update, defaultTimeout, "superseded")
			w.holds(want, versions)
		})
	}
}

// The object was not uploaded before the deploy: that is no rollback, and fails.
func TestABoundFileThatWasNotUploaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.sample("first"), w.sample("second")
	w.aws.AddBucket(bucket).Put(key, first)
	w.succeeds(w.request("Create", bound(t, first, "2026-01-01T00:00:00Z")))
	update := w.request("Update", bound(t, second, "2026-01-02T00:00:00Z"))
	update["OldResourceProperties"] = bound(t, first, "2026-01-01T00:00:00Z")
	w.fails(update, defaultTimeout, "another file", "upload")
	w.holds(flat("first"), 1)
}

// Properties that say nothing of an object in a bucket, or of another release.
func TestAHashWithoutABucket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	props := properties(t, w.sample("first"))
	maps.Copy(part(props, "File"), map[string]any{"SHA256": syncprotocol.SHA256(nil)})
	w.fails(w.request("Create", props), defaultTimeout, "File.SHA256")
}

// So it is with parameters; with other names than before there is nothing that could stay.
func TestRollbackOfParametersToABoundFileThatWasReplaced(t *testing.T) {
	t.Parallel()
	w := quick(t)
	inBucket := func(e map[string]any, modified string) map[string]any {
		file, content := w.inBucket(e)
		file["SHA256"], file["LastModified"] = syncprotocol.SHA256(content), modified
		return e
	}
	first := inBucket(w.below("Create", nil, "a=value-one"), "2026-01-01T00:00:00Z")
	w.done(first)
	second := inBucket(from(first, w.below("Update", nil, "a=value-two")), "2026-01-02T00:00:00Z")
	w.done(second)
	w.stored("/app/a=value-two@2")
	rollback := from(second, w.request("Update", propertiesOf(first)))
	if a := w.done(rollback); a.Data["Path"] != "app" {
		t.Errorf("got the attributes %v", a.Data)
	}
	w.stored("/app/a=value-two@2")

	third := inBucket(from(first, w.below("Update", nil, "a=value-three", "b=value-four")), "2026-01-03T00:00:00Z")
	w.done(third)
	w.fails(from(third, w.request("Update", propertiesOf(first))), defaultTimeout, "replaced by the newer file")
}
