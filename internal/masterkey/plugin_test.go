package masterkey_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
)

// Plugins where nobody can be asked, as in CI.
func TestPlugins(t *testing.T) {
	const nobody = "; a plugin may ask for a PIN or a touch, and there is nobody to ask here, since CI is set or there is no terminal: give this machine a KMS key, or an age identity without a plugin"
	entry := ageEntry(t, "age1toy1x", toyRecipient{})
	native := newIdentity(t)
	for _, tt := range []struct {
		name, behavior string
		fails          string // what the error has
		runs           int    // of three calls
	}{
		{"asks nothing", "quiet", "", 3},
		{"asks for a PIN", "pin", `age-plugin-toy failed: `, 2},
		{"asks for a yes", "confirm", `age-plugin-toy failed: `, 2},
		{"fails", "fail", `"the token is not plugged in\x1b[2J"`, 2},
		{"crashes", "crash", `age-plugin-toy failed: `, 2},
		{"hangs", "hang", `"it did not end within 300ms"`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			emptyEnvironment(t)
			t.Setenv("CI", "true")
			masterkey.SetPluginAlone(t, time.Minute)
			if tt.behavior == "hang" {
				masterkey.SetPluginAlone(t, 300*time.Millisecond)
			}
			identity, runs := toy(t, tt.behavior)
			t.Setenv("SOPS_AGE_KEY", identity+" "+newIdentity(t).String()+" "+identity)
			ring := fromEnvironment(t, masterkey.Options{})
			for i := range 3 {
				key, err := ring.Unwrap(t.Context(), entry)
				if tt.fails == "" {
					if err != nil || string(key) != dataKey {
						t.Fatalf("got %v", err)
					}
					continue
				}
				if err == nil || !strings.Contains(err.Error(), tt.fails) || !strings.Contains(err.Error(), nobody) || strings.ContainsRune(err.Error(), '\x1b') {
					t.Errorf("got %v", err)
				}
				if i == 2 && !strings.Contains(err.Error(), "it was not asked again") {
					t.Errorf("the third time: %v", err)
				}
			}
			if got := runs(); got != tt.runs && tt.behavior != "hang" || got > tt.runs { // a slow machine may not come to it
				t.Errorf("the plugin ran %d times, want %d", got, tt.runs)
			}
		})
	}
	t.Run("an identity without a plugin fits", func(t *testing.T) {
		emptyEnvironment(t)
		identity, runs := toy(t, "fail")
		t.Setenv("SOPS_AGE_KEY", identity+" "+native.String())
		if _, err := fromEnvironment(t, masterkey.Options{}).Unwrap(t.Context(), ageEntry(t, "age1x", native.Recipient())); err != nil || runs() != 0 {
			t.Errorf("got %v, %d runs", err, runs())
		}
	})
	t.Run("another's entry", func(t *testing.T) {
		emptyEnvironment(t)
		t.Setenv("CI", "true")
		identity, runs := toy(t, "fail")
		t.Setenv("SOPS_AGE_KEY", identity)
		_, err := fromEnvironment(t, masterkey.Options{}).Unwrap(t.Context(), ageEntry(t, "age1x", native.Recipient()))
		if err == nil || !strings.HasPrefix(err.Error(), "the one age identity that was found does not fit this recipient (1 in SOPS_AGE_KEY); not there: ") || runs() != 1 {
			t.Errorf("got %v, %d runs", err, runs())
		}
	})
	t.Run("not there", func(t *testing.T) {
		emptyEnvironment(t)
		identity, _ := toy(t, "quiet")
		t.Setenv("PATH", t.TempDir())
		t.Setenv("SOPS_AGE_KEY_FILE", write(t, filepath.Join(t.TempDir(), "keys.txt"), []byte("# a toy\n"+identity+"\n")))
		_, err := fromEnvironment(t, masterkey.Options{}).Unwrap(t.Context(), entry)
		if err == nil || !strings.Contains(err.Error(), "age-plugin-toy is not in the PATH; install it, or use another key") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("mistyped", func(t *testing.T) {
		emptyEnvironment(t)
		identity, runs := toy(t, "quiet")
		t.Setenv("SOPS_AGE_KEY", identity[:len(identity)-1])
		_, err := fromEnvironment(t, masterkey.Options{}).Unwrap(t.Context(), entry)
		if err == nil || !strings.Contains(err.Error(), "1 that do not look like age identities") || runs() != 0 {
			t.Errorf("got %v", err)
		}
	})
}

// There is one person: plugins run one after the other, whatever ring asks.
func TestPluginsTakeTurns(t *testing.T) {
	emptyEnvironment(t)
	t.Setenv("CI", "true")
	masterkey.SetPluginAlone(t, time.Minute)
	identity, runs := toy(t, "quiet")
	t.Setenv("SOPS_AGE_KEY", identity)
	entry := ageEntry(t, "age1toy1x", toyRecipient{})
	var group sync.WaitGroup
	for range 2 {
		ring := fromEnvironment(t, masterkey.Options{})
		for range 3 {
			group.Go(func() {
				if _, err := ring.Unwrap(t.Context(), entry); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	if got := runs(); got != 6 {
		t.Errorf("the plugin ran %d times, want 6", got)
	}
}

// The function has no plugins.
func TestNoPluginsInTheFunction(t *testing.T) {
	emptyEnvironment(t)
	identity, runs := toy(t, "quiet")
	ring := masterkey.ForFunction(newWorld(t).config(), masterkey.Options{}, holding("secret", []byte(identity)))
	_, err := ring.Unwrap(t.Context(), ageEntry(t, "age1toy1x", toyRecipient{}))
	if err == nil || !strings.Contains(err.Error(), "1 of age plugins, which the function does not have") || runs() != 0 {
		t.Errorf("got %v, %d runs", err, runs())
	}
}
