package leakscan

import "testing"

// LimitExpanded lets less be read from archives during a test.
func LimitExpanded(t *testing.T, limit int64) {
	usual := maxExpanded
	maxExpanded = limit
	t.Cleanup(func() { maxExpanded = usual })
}
