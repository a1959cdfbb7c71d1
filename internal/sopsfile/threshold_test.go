package sopsfile_test

import (
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func TestThreshold(t *testing.T) {
	for _, tt := range []struct {
		name            string
		groups, written int
		want            int
	}{
		{"no group", 0, 0, 1},
		{"one group", 1, 0, 1},
		{"one group, and a threshold that does not count", 1, 3, 1},
		{"two groups without a threshold", 2, 0, 2},
		{"a threshold below what can be combined", 3, 1, 2},
		{"two of three", 3, 2, 2},
		{"three of three", 3, 3, 3},
		{"three of five", 5, 3, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &sopsfile.Metadata{Groups: make([]sopsfile.KeyGroup, tt.groups), ShamirThreshold: tt.written}
			if got := m.Threshold(); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
