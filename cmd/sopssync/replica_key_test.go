package main_test

import (
	"strings"
	"testing"
)

const (
	multiUS = "arn:aws:kms:us-east-1:111122223333:key/mrk-33333333333343338333333333333333"
	multiEU = "arn:aws:kms:eu-west-1:111122223333:key/mrk-33333333333343338333333333333333"
)

// One ciphertext of a multi-Region key survives its region, and a replica that is missing
// or denied costs one call: no retry, and no word in the log.
func TestMultiRegionKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		breaks func(w *world)
		calls  int // of KMS
	}{
		{"both there", nil, 1},
		{"the key's region is down", func(w *world) { w.aws.Down("us-east-1") }, 1},
		{"the replica is denied", func(w *world) { w.aws.AddKey(multiEU).Fail("AccessDeniedException") }, 2},
		{"the replica is missing", func(w *world) { w.aws.AddKey(multiEU).Fail("NotFoundException") }, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.AddKey(multiUS)
			w.aws.AddKey(multiEU)
			file := w.sampleWith([]wrapper{{arn: multiUS}})
			before := w.called("kms", "Decrypt")
			if tt.breaks != nil {
				tt.breaks(w)
			}
			e := w.create(file)
			// A list that allows the key allows its replica.
			part(propertiesOf(e), "File")["AllowedKeys"] = []string{multiUS}
			w.succeeds(e)
			w.holds(flat("first"), 1)
			if n := w.called("kms", "Decrypt") - before; n != tt.calls {
				t.Errorf("got %d calls, want %d", n, tt.calls)
			}
			for _, word := range []string{"WARN", "ERROR", "mrk-"} {
				if strings.Contains(w.log.String(), word) {
					t.Errorf("the log has %s", word)
				}
			}
		})
	}
}
