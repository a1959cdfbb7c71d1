package syncprotocol_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

func TestFileRoundTrip(t *testing.T) {
	for _, file := range [][]byte{{}, []byte("a: ENC[]\n"), bytes.Repeat([]byte("x"), 300_000)} {
		encoded, err := syncprotocol.EncodeFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := syncprotocol.DecodeFile(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, file) {
			t.Errorf("%d bytes came back as %d", len(file), len(got))
		}
	}
}

func TestDecodeFileRefuses(t *testing.T) {
	good, err := syncprotocol.EncodeFile([]byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	packed, _ := base64.StdEncoding.DecodeString(good)
	encode := base64.StdEncoding.EncodeToString
	damaged := bytes.Clone(packed)
	damaged[len(damaged)-6] ^= 1

	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, _ = w.Write(make([]byte, sopsfile.MaxSize+1))
	_ = w.Close()

	for _, tt := range []struct{ name, file, want string }{
		{"not base64", "secret text!", "not base64"},
		{"not gzip", encode([]byte("plain")), "not compressed"},
		{"cut", encode(packed[:len(packed)-3]), "damaged"},
		{"checksum", encode(damaged), "damaged"},
		{"trailing", encode(append(bytes.Clone(packed), 'x')), "after its end"},
		{"bomb", encode(bomb.Bytes()), "more than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := syncprotocol.DecodeFile(tt.file)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}
