package syncfunction

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxResponse is the number of bytes that a response may have. CloudFormation
// documents 4,096; what lies between is room to be wrong.
const maxResponse = 4000

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

// encode is the response as JSON of at most maxResponse bytes, with as much of
// the reason as fits, and the whole of suffix behind it.
func (r response) encode(suffix string) []byte {
	reason := printable(r.Reason)
	cut := ""
	for {
		r.Reason = reason + cut
		if reason != "" {
			r.Reason += suffix
		}
		body := marshal(r)
		over := len(body) - maxResponse
		if over <= 0 || reason == "" {
			return body
		}
		if cut == "" {
			cut = "…"
			over += len(cut)
		}
		// A byte of the reason takes at least one of the body: this can cut too
		// much only where bytes were escaped.
		keep := max(len(reason)-over, 0)
		for keep > 0 && !utf8.RuneStart(reason[keep]) {
			keep--
		}
		reason = reason[:keep]
	}
}

func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // strings and a map of strings always encode
	return bytes.TrimRight(b.Bytes(), "\n")
}

// printable is s as valid UTF-8 in one line, with a semicolon between its lines.
func printable(s string) string {
	var parts []string
	for line := range strings.Lines(strings.ToValidUTF8(s, "\uFFFD")) {
		line = strings.Map(func(r rune) rune {
			switch {
			case r == '\t' || r == '\r' || r == '\n':
				return ' '
			case unicode.IsControl(r):
				return -1
			}
			return r
		}, line)
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, "; ")
}
