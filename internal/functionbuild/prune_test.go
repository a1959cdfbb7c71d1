package functionbuild_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// Prune removes the packages that were not used for long, and nothing else: not the
// current one, however old it is, and no other file.
func TestPrune(t *testing.T) {
	const current = "sopssync-current.zip"
	old, young := functionbuild.Keep+time.Hour, functionbuild.Keep-time.Hour
	for _, tt := range []struct {
		name string
		age  map[string]time.Duration
		want []string
	}{
		{"old packages", map[string]time.Duration{current: 0, "sopssync-1.zip": old, "sopssync-2.zip": 10 * old}, []string{current}},
		{"an old half-written package", map[string]time.Duration{current: 0, "sopssync-3.tmp": old}, []string{current}},
		{"young packages", map[string]time.Duration{current: 0, "sopssync-1.zip": young, "sopssync-2.zip": 0}, []string{"sopssync-1.zip", "sopssync-2.zip", current}},
		{"the current one is old", map[string]time.Duration{current: old}, []string{current}},
		{"other files", map[string]time.Duration{current: 0, "bootstrap": old, "lock": old}, []string{"bootstrap", "lock", current}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder, start := t.TempDir(), time.Now()
			for name, age := range tt.age {
				path := filepath.Join(folder, name)
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(path, start.Add(-age), start.Add(-age)); err != nil {
					t.Fatal(err)
				}
			}
			functionbuild.Prune(folder, filepath.Join(folder, current))
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range entries {
				got = append(got, e.Name())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			// The current package is in use: its time begins anew.
			if info, err := os.Stat(filepath.Join(folder, current)); err != nil || info.ModTime().Before(start.Add(-time.Minute)) {
				t.Errorf("the current package has the time %v (%v), want now", info.ModTime(), err)
			}
		})
	}
}
