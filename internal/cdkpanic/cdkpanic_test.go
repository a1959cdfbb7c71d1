package cdkpanic_test

import (
	"errors"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/cdkpanic"
)

func TestText(t *testing.T) {
	for recovered, want := range map[any]string{
		"one line": "one line",
		errors.New("ValidationError: no\n    at path/to/file.js:1\n  attached to S\n\tat Object.x (y.js:2:3)\n"): "ValidationError: no\n  attached to S",
		42: "42",
	} {
		if got := cdkpanic.Text(recovered); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
