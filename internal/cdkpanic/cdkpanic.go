// Package cdkpanic reads what a call of the CDK panics with.
package cdkpanic

import (
	"fmt"
	"strings"
)

// Text returns the text of what was recovered, without the JavaScript stack frames that some
// of the CDK's errors bring along.
func Text(recovered any) string {
	var kept []string
	for line := range strings.SplitSeq(strings.TrimSpace(fmt.Sprint(recovered)), "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "at ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
