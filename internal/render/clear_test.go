package render_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// encrypted returns the decrypted tree of a file with this content: one whose rule
// selects nothing, and whose MAC covers encrypted values alone, so that the text
// stays as it is.
func encrypted(t *testing.T, format sopsfile.Format, text string) *sopsfile.Tree {
	t.Helper()
	// The key, the nonce and the time say nothing and protect nothing.
	key, nonce, at := make([]byte, 32), make([]byte, 32), "2026-01-02T03:04:05Z"
	start := []byte{
		0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b,
		0x0b, 0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(nonce))
	if err != nil {
		t.Fatal(err)
	}
	sealed := gcm.Seal(nil, nonce, fmt.Appendf(nil, "%X", sha512.Sum512(start)), []byte(at))
	b64 := base64.StdEncoding.EncodeToString
	mac := fmt.Sprintf("ENC[AES256_GCM,data:%s,iv:%s,tag:%s,type:str]", b64(sealed[:len(sealed)-16]), b64(nonce), b64(sealed[len(sealed)-16:]))
	fields := []string{"encrypted_suffix", "_x", "lastmodified", at, "mac", mac, "mac_only_encrypted", "true"}
	var b bytes.Buffer
	switch format {
	case sopsfile.JSON:
		b.WriteString(strings.TrimSuffix(text, "}") + `, "sops": {"age": [{"recipient": "r", "enc": "e"}]`)
		for i := 0; i < len(fields); i += 2 {
			fmt.Fprintf(&b, ", %q: %q", fields[i], fields[i+1])
		}
		b.WriteString("}}")
	case sopsfile.YAML:
		b.WriteString(text + "sops:\n  age: [{recipient: r, enc: e}]\n")
		for i := 0; i < len(fields); i += 2 {
			fmt.Fprintf(&b, "  %s: %q\n", fields[i], fields[i+1])
		}
	case sopsfile.Dotenv:
		b.WriteString(text + "sops_age__list_0__map_recipient=r\n")
		for i := 0; i < len(fields); i += 2 {
			fmt.Fprintf(&b, "sops_%s=%s\n", fields[i], fields[i+1])
		}
	}
	f, err := sopsfile.Parse(b.Bytes(), format)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := f.Decrypt(t.Context(), oneKey(key))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

type oneKey []byte

func (k oneKey) Unwrap(context.Context, sopsfile.MasterKey) ([]byte, error) {
	return bytes.Clone(k), nil
}
