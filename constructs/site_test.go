package sopsconstructs_test

import (
	"testing"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

type (
	annotations     struct{ got *string }
	annotations2276 struct{ got *string }
	warningOptions  struct{}
)

func (a annotations) AddWarningV2(id, text *string) { *a.got = *id + " " + *text }

func (a annotations2276) AddWarningV2(id, text *string, options *warningOptions) {
	if options == nil {
		*a.got = *id + " " + *text
	}
}

// AddWarningV2 has two parameters in Go up to the CDK 2.275.0, and three since.
func TestAddWarning(t *testing.T) {
	var two, three string
	sopsconstructs.AddWarning(annotations{&two}, "sopscdk:x", "text")
	sopsconstructs.AddWarning(annotations2276{&three}, "sopscdk:x", "text")
	if want := "sopscdk:x text"; two != want || three != want {
		t.Errorf("got %q and %q, want %q", two, three, want)
	}
}
