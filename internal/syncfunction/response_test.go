package syncfunction

import (
	"encoding/json"
	"strings"
	"testing"
)

// What AWS makes is never long enough for it, so the attributes are tried inside the
// package.
func TestResponseIsCut(t *testing.T) {
	id := strings.Repeat("i", maxID)
	for _, tt := range []struct {
		name   string
		r      response
		whole  bool // the ids are
		data   bool // is there
		reason string
	}{
		{"ids as long as they may be", response{PhysicalResourceID: id, StackID: "s", RequestID: "r", LogicalResourceID: "l", Reason: "why"}, true, false, "why stream"},
		{"one id too long", response{PhysicalResourceID: "p", StackID: "s", RequestID: "r", LogicalResourceID: id + "i", Reason: "why"}, false, false, "why stream"},
		{"every id too long", response{PhysicalResourceID: id + id, StackID: id + id, RequestID: id + id, LogicalResourceID: id + id, Reason: "why", Data: map[string]string{"a": "b"}}, false, true, "why stream"},
		{"attributes too long", response{PhysicalResourceID: "p", StackID: "s", RequestID: "r", LogicalResourceID: "l", Data: map[string]string{"a": strings.Repeat("x", 5000)}}, true, false, ""},
		{"both too long", response{PhysicalResourceID: id + id, StackID: "s", RequestID: "r", LogicalResourceID: "l", Data: map[string]string{"a": strings.Repeat("x", 5000)}}, false, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := tt.r.encode(" stream")
			var got response
			if err := json.Unmarshal(body, &got); err != nil || len(body) > maxResponse {
				t.Fatalf("%d bytes, error %v", len(body), err)
			}
			whole := got.PhysicalResourceID == tt.r.PhysicalResourceID && got.StackID == tt.r.StackID &&
				got.RequestID == tt.r.RequestID && got.LogicalResourceID == tt.r.LogicalResourceID
			if whole != tt.whole || got.PhysicalResourceID == "" || got.LogicalResourceID == "" {
				t.Errorf("the ids are whole: %v, want %v: %+v", whole, tt.whole, got)
			}
			if (got.Data != nil) != tt.data || got.Reason != tt.reason {
				t.Errorf("got reason %q and attributes %v", got.Reason, got.Data != nil)
			}
		})
	}
}
