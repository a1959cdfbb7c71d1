package main_test

import (
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

const (
	bucket = "cdk-hnb659fds-assets-111122223333-eu-west-1"
	key    = "0123456789abcdef.json"
)

// byS3 are the properties of a construct whose file travels as an asset.
func byS3(t *testing.T) map[string]any {
	props := properties(t, nil)
	file := part(props, "File")
	delete(file, "Content")
	file["Bucket"], file["Key"] = bucket, key
	return props
}

func TestFileInS3(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.sample("first")
	w.aws.AddBucket(bucket).Put(key, file)
	w.succeeds(w.request("Create", byS3(t)))
	w.holds(flat("first"), 1)
	// It travels another way from now on: no new version.
	w.succeeds(w.update(file))
	w.succeeds(w.request("Update", byS3(t)))
	w.holds(flat("first"), 1)
}

func TestFileInS3Failures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		breaks  func(*world)
		timeout time.Duration
		words   []string
	}{
		{"no object", func(w *world) { w.aws.AddBucket(bucket) }, defaultTimeout, []string{"not in S3", bucket, key}},
		{"no bucket", func(w *world) { w.aws.AddBucket(bucket).Fail("NoSuchBucket", 404) }, defaultTimeout, []string{"not in S3", bucket}},
		{"access denied", func(w *world) { w.aws.AddBucket(bucket).Fail("AccessDenied", 403) }, briefTimeout, []string{"s3:GetObject", bucket, key}},
		{"the bucket's key denied", func(w *world) {
			w.aws.AddBucket(bucket).Deny("User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-00000000000f because no identity-based policy allows the kms:Decrypt action")
		}, briefTimeout, []string{key, "AssetBucketKey", `"Resource":"arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-00000000000f"`, `"kms:ViaService":"s3.eu-west-1.amazonaws.com"`}},
		{"another key's text", func(w *world) {
			w.aws.AddBucket(bucket).Deny("not authorized to perform: kms:Decrypt on resource: demo-value-1 because")
		}, briefTimeout, []string{"s3:GetObject", bucket, key}},
		{"server error", func(w *world) { w.aws.AddBucket(bucket).Fail("InternalError", 500) }, defaultTimeout, []string{"s3:GetObject", "InternalError"}},
		{"too large", func(w *world) {
			w.aws.AddBucket(bucket).Put(key, make([]byte, sopsfile.MaxSize+1))
		}, defaultTimeout, []string{"holds more than", key}},
		{"not a SOPS file", func(w *world) {
			w.aws.AddBucket(bucket).Put(key, []byte(`{"password":"clear-text-password"}`))
		}, defaultTimeout, []string{"not encrypted"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.values = append(w.values, "clear-text-password")
			w.succeeds(w.create(w.sample("first")))
			tt.breaks(w)
			w.fails(w.request("Update", byS3(t)), tt.timeout, tt.words...)
			w.holds(flat("first"), 1)
		})
	}
}

func TestS3AccessComesLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.aws.AddBucket(bucket)
	b.Put(key, w.sample("first"))
	b.Fail("AccessDenied", 403)
	time.AfterFunc(1200*time.Millisecond, func() { b.Fail("", 0) })
	w.succeeds(w.request("Create", byS3(t)))
	w.holds(flat("first"), 1)
}

// inBucket moves the file of an event into the bucket. It returns what the event then says of
// the file, and the file.
func (w *world) inBucket(e map[string]any) (file map[string]any, content []byte) {
	w.t.Helper()
	file = part(propertiesOf(e), "File")
	content, err := syncprotocol.DecodeFile(file["Content"].(string))
	if err != nil {
		w.t.Fatal(err)
	}
	w.aws.AddBucket(bucket).Put(key, content)
	delete(file, "Content")
	file["Bucket"], file["Key"] = bucket, key
	return file, content
}
