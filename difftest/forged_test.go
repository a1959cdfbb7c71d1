package difftest_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/getsops/sops/v3/aes"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// forged makes an encrypted file of clear text as it stands: with a rule that
// selects none of it, and the MAC that the official library computes. So both
// readers read syntax that no sops would write. nil when the official one cannot.
func forged(format sopsfile.Format, text []byte, key []byte) (data []byte) {
	defer func() {
		if recover() != nil {
			data = nil
		}
	}()
	const mac, at = "MAC-TO-COME", "2026-01-02T03:04:05Z"
	fields := [][2]string{{"encrypted_suffix", "_none_"}, {"lastmodified", at}, {"mac", mac}, {"version", "3.13.3"}}
	var b bytes.Buffer
	switch format {
	case sopsfile.JSON:
		b.Write(bytes.TrimSuffix(bytes.TrimSpace(text), []byte("}")))
		b.WriteString(`,"sops":{"age":[{"recipient":"r","enc":"e"}]`)
		for _, f := range fields {
			fmt.Fprintf(&b, ",%q:%q", f[0], f[1])
		}
		b.WriteString("}}")
	case sopsfile.YAML:
		first, rest, more := strings.Cut(string(text), "\n---\n")
		b.WriteString(first + "\nsops:\n  age: [{recipient: r, enc: e}]\n")
		for _, f := range fields {
			fmt.Fprintf(&b, "  %s: %q\n", f[0], f[1])
		}
		if more {
			b.WriteString("---\n" + rest)
		}
	case sopsfile.Dotenv:
		b.Write(text)
		b.WriteString("\nsops_age__list_0__map_recipient=r\n")
		for _, f := range fields {
			fmt.Fprintf(&b, "sops_%s=%s\n", f[0], f[1])
		}
	case sopsfile.INI:
		b.Write(text)
		b.WriteString("\n[sops]\nage__list_0__map_recipient=r\n")
		for _, f := range fields {
			fmt.Fprintf(&b, "%s=%s\n", f[0], f[1])
		}
	}
	tree, err := plainStore(format).LoadEncryptedFile(b.Bytes())
	if err != nil {
		return nil
	}
	c := aes.NewCipher()
	sum, err := tree.Decrypt(key, c)
	if err != nil {
		return nil
	}
	sealed, err := c.Encrypt(sum, key, at)
	if err != nil {
		return nil
	}
	return bytes.ReplaceAll(b.Bytes(), []byte(mac), []byte(sealed))
}

var forgeKey = make([]byte, 32)

// checkForged compares what both make of a forged file. We may refuse it.
func checkForged(t *testing.T, format sopsfile.Format, text []byte) string {
	data := forged(format, text, forgeKey)
	if data == nil {
		return "not readable officially"
	}
	gotRaw, gotTree, gotErr := ours(data, format, forgeKey)
	if gotErr == errNames {
		t.Errorf("%v\n%q", gotErr, text)
	}
	if gotErr != nil {
		return "refused"
	}
	wantRaw, wantTree, wantErr := officially(data, format, forgeKey)
	if wantErr != nil {
		t.Errorf("read, although the official library refuses it: %v\n%q", wantErr, text)
		return "wrong"
	}
	if err := sameTree(gotTree, wantTree); err != nil {
		t.Errorf("%v\n%q", err, text)
		return "wrong"
	}
	if !bytes.Equal(gotRaw, wantRaw) {
		t.Errorf("raw bytes differ: got\n%q\nwant\n%q\nof\n%q", gotRaw, wantRaw, text)
		return "wrong"
	}
	return "equal"
}

var forgedFormats = []sopsfile.Format{sopsfile.JSON, sopsfile.YAML, sopsfile.Dotenv, sopsfile.INI}

func TestForged(t *testing.T) {
	for i, format := range forgedFormats {
		counts := map[string]int{}
		for seed := range 3000 {
			m := maker{rand.New(rand.NewPCG(uint64(seed), uint64(70_000+i))), "v3.13.3", seed%3 == 1}
			text := []byte(map[sopsfile.Format]func() string{
				sopsfile.JSON: m.json, sopsfile.YAML: m.yaml, sopsfile.Dotenv: m.dotenv, sopsfile.INI: m.ini,
			}[format]())
			for range m.IntN(4) {
				at := m.IntN(len(text) + 1)
				const marks = "#:-,[]{}&*!|>'\"%@`\n\t ?=;\\~<.0e+\xff"
				switch m.IntN(3) {
				case 0:
					text = append(text[:at:at], append([]byte{marks[m.IntN(len(marks))]}, text[at:]...)...)
				case 1:
					if at < len(text) {
						text = append(text[:at:at], text[at+1:]...)
					}
				default:
					if at < len(text) {
						text[at] = marks[m.IntN(len(marks))]
					}
				}
			}
			counts[checkForged(t, format, text)]++
			if t.Failed() {
				return
			}
		}
		t.Logf("%s: %v", format, counts)
		summary = append(summary, fmt.Sprintf("3000 forged %s files compared: %v", format, counts))
	}
}

// FuzzForged looks for syntax that the two readers read in two ways.
func FuzzForged(f *testing.F) {
	for i := range forgedFormats {
		m := maker{rand.New(rand.NewPCG(1, uint64(i))), "v3.13.3", false}
		for _, text := range []string{m.json(), m.yaml(), m.dotenv(), m.ini()} {
			f.Add(uint8(i), []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		checkForged(t, forgedFormats[int(which)%len(forgedFormats)], text)
	})
}
