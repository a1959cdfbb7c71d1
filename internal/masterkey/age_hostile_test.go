package masterkey_test

import (
	"bytes"
	"encoding/base64"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age/armor"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Whatever stands in the header of an age entry is refused, without a panic and without
// much memory: a scrypt stanza's work is not done.
func TestHostileAgeStanzas(t *testing.T) {
	const most = 64 << 20
	b64 := base64.RawStdEncoding.EncodeToString
	share, body := b64(make([]byte, 32)), b64(bytes.Repeat([]byte{7}, 32))
	point := b64(append([]byte{9}, make([]byte, 31)...))
	stanza := "-> X25519 " + point + "\n" + body + "\n"
	const intro = "age-encryption.org/v1\n"
	mac := "--- " + share + "\n"
	emptyEnvironment(t)
	t.Setenv("SOPS_AGE_KEY", newIdentity(t).String())
	ring := fromEnvironment(t, masterkey.Options{})
	for name, header := range map[string]string{
		"no stanza":             intro + mac,
		"2,000 stanzas":         intro + strings.Repeat(stanza, 2000) + mac,
		"low order point":       intro + "-> X25519 " + share + "\n" + body + "\n" + mac,
		"no argument":           intro + "-> X25519\n" + body + "\n" + mac,
		"many arguments":        intro + "-> X25519" + strings.Repeat(" "+share, 10_000) + "\n" + body + "\n" + mac,
		"long type":             intro + "-> " + strings.Repeat("X", 1<<20) + "\n" + body + "\n" + mac,
		"long body":             intro + "-> X25519 " + point + "\n" + strings.Repeat(strings.Repeat("A", 64)+"\n", 10_000) + "\n" + mac,
		"scrypt of 2^30":        intro + "-> scrypt " + b64(make([]byte, 16)) + " 30\n" + body + "\n" + mac,
		"scrypt and X25519":     intro + "-> scrypt " + b64(make([]byte, 16)) + " 30\n" + body + "\n" + stanza + mac,
		"unknown types":         intro + strings.Repeat("-> grease x\n\n", 1000) + mac,
		"control characters":    intro + "-> X25519 \x00\x1b[31m\n" + body + "\n" + mac,
		"no MAC":                intro + stanza,
		"wrong MAC":             intro + stanza + mac,
		"another version":       "age-encryption.org/v9\n" + stanza + mac,
		"a line that ends late": intro + strings.Repeat("A", 1<<20),
		"nothing":               "",
	} {
		var armored bytes.Buffer
		w := armor.NewWriter(&armored)
		_, _ = w.Write([]byte(header + strings.Repeat("x", 64)))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := ring.Unwrap(t.Context(), sopsfile.MasterKey{Type: sopsfile.Age, ID: "age1x", EncryptedDataKey: armored.String()})
		runtime.ReadMemStats(&after)
		if err == nil || got != nil {
			t.Errorf("%s: it was opened", name)
		} else if len(err.Error()) > 2000 || strings.ContainsAny(err.Error(), "\x00\x1b") {
			t.Errorf("%s: got %.200q", name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > most {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
	}
}
