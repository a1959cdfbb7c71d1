package syncfunction

import (
	"bytes"
	"encoding/json"
	"sort"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// maxResponse is the number of bytes that a response may have. CloudFormation
// documents 4,096; what lies between is room to be wrong.
const maxResponse = 4000

// maxID is how long an id may be, in bytes, to be sent back whole. CloudFormation's
// own are shorter: 1 KB is the most that it takes as a physical id. A longer one is
// of an event that somebody else made, and would take the place of the reason.
const maxID = 1024

// realID is longer than any id of a stack, a request or a logical resource, in bytes.
const realID = 256

const (
	statusSuccess = "SUCCESS"
	statusFailed  = "FAILED"
)

// response is what CloudFormation takes, as documented in its guide under
// "Custom resource response objects".
type response struct {
	Status             string            `json:"Status"`
	Reason             string            `json:"Reason,omitempty"`
	PhysicalResourceID string            `json:"PhysicalResourceId"`
	StackID            string            `json:"StackId"`
	RequestID          string            `json:"RequestId"`
	LogicalResourceID  string            `json:"LogicalResourceId"`
	Data               map[string]string `json:"Data,omitempty"`
}

// encode returns the response as JSON of at most maxResponse bytes: with as much of the
// reason as fits, and the whole of suffix behind it where there is a reason. Ids that
// are longer than any of CloudFormation's are cut, and shorter where the response is
// still too long; the attributes are left out last.
func (r response) encode(suffix string) []byte {
	for most := maxID; ; most /= 2 {
		if most < realID {
			r.Data = nil
		}
		for _, id := range []*string{&r.PhysicalResourceID, &r.StackID, &r.RequestID, &r.LogicalResourceID} {
			if len(*id) > most {
				*id = strings.ToValidUTF8((*id)[:most], "")
			}
		}
		if body := r.cut(suffix); len(body) <= maxResponse || most < 32 {
			return body
		}
	}
}

// cut returns the response with as much of the reason as fits, whether or not the rest
// does.
func (r response) cut(suffix string) []byte {
	reason := []rune(printable(r.Reason))
	with := func(n int) []byte {
		switch {
		case len(reason) == 0:
			r.Reason = ""
		case n == len(reason):
			r.Reason = string(reason) + suffix
		default:
			r.Reason = string(reason[:n]) + "…" + suffix
		}
		return marshal(r)
	}
	if body := with(len(reason)); len(body) <= maxResponse {
		return body
	}
	over := sort.Search(len(reason), func(n int) bool { return len(with(n)) > maxResponse })
	return with(max(over-1, 0))
}

func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // strings and a map of strings always encode
	return bytes.TrimRight(b.Bytes(), "\n")
}

// printable returns s as valid UTF-8 in one line, with a semicolon between its lines.
func printable(s string) string {
	var parts []string
	for line := range strings.Lines(filetext.Printable(s)) {
		if line = strings.TrimSpace(strings.ReplaceAll(line, "\t", " ")); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, "; ")
}
