package syncfunction

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
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

// 5,000 responses of awkward texts are each JSON of at most maxResponse bytes, and begin
// with the ids and the reason as they are.
func TestEncodedResponses(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20, 0))
	pieces := []string{"a", "\"", "\\", "\x00", "\n", "\t", "é", "\u202e", "\u2028", "\U0001f600", "\xff", "\xed\xa0\x80", "<", "&", "{{resolve:", "${Token["}
	text := func(most int) string {
		piece := pieces[r.IntN(len(pieces))]
		s := strings.Repeat(piece, r.IntN(most/len(piece)+1))
		return strings.ToValidUTF8(s+pieces[r.IntN(len(pieces))], "\ufffd") // as JSON decodes it
	}
	lengths := []int{10, 100, 1100, 5000, 10, 100, 10, 100, 10, 100, 10}
	for i := range 20_000 {
		in := response{
			Status: statusFailed, Reason: text(lengths[r.IntN(len(lengths))]), PhysicalResourceID: text(lengths[r.IntN(len(lengths))]), StackID: text(lengths[r.IntN(len(lengths))]),
			RequestID: text(lengths[r.IntN(len(lengths))]), LogicalResourceID: text(lengths[r.IntN(len(lengths))]), Data: map[string]string{"Arn": text(lengths[r.IntN(len(lengths))])},
		}
		body := in.encode(" (log stream x)")
		var got response
		if err := json.Unmarshal(body, &got); err != nil || len(body) > maxResponse || !utf8.Valid(body) {
			t.Fatalf("%d: %d bytes, %v", i, len(body), err)
		}
		if got.Status != statusFailed || got.PhysicalResourceID == "" || strings.ContainsAny(got.Reason, "\n\x00\u202e") {
			t.Fatalf("%d: got %+.200v", i, got)
		}
	}
}
