package main_test

import (
	"encoding/base64"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// A file that was made from the demonstration file keeps a data key that everyone
// has, whatever recipients it has then.
func TestAFileWithThePublishedDataKeyIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, err := base64.StdEncoding.DecodeString(demonstration.DataKey)
	if err != nil {
		t.Fatal(err)
	}
	file, err := sopstest.File{JSON: `{"a": "b"}`, KMS: []sopstest.KMS{{ARN: keyUS}}, DataKey: key}.Encrypt()
	if err != nil {
		t.Fatal(err)
	}
	w.fails(w.create(file), defaultTimeout, "can be read by everyone", "create a new file")
	w.holds("", 0)
}
