package syncprotocol

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// packers are writers for EncodeFile: to make one takes most of its time, for files of a
// few KB.
var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is one
	}
	return w
}}

// EncodeFile returns the content of an encrypted file as the property File
// carries it: gzip without name or time, in standard base64.
func EncodeFile(file []byte) (string, error) {
	if len(file) > sopsfile.MaxSize {
		return "", fmt.Errorf("the file has %d bytes: at most %d are allowed", len(file), sopsfile.MaxSize)
	}
	var packed bytes.Buffer
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(&packed)
	if _, err := w.Write(file); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

// DecodeFile is the inverse of [EncodeFile]. It stops as soon as the content
// grows over sopsfile.MaxSize, and its errors hold nothing of the content.
func DecodeFile(file string) ([]byte, error) {
	packed, err := base64.StdEncoding.Strict().DecodeString(file)
	if err != nil {
		return nil, errors.New("property File.Content is not base64")
	}
	in := bytes.NewReader(packed)
	r, err := gzip.NewReader(in)
	if err != nil {
		return nil, errors.New("property File.Content is not compressed with gzip")
	}
	r.Multistream(false)
	content, err := io.ReadAll(io.LimitReader(r, sopsfile.MaxSize+1))
	switch {
	case err != nil:
		return nil, errors.New("property File.Content is damaged: gzip cannot read it to its end")
	case len(content) > sopsfile.MaxSize:
		return nil, fmt.Errorf("property File.Content holds more than %d bytes", sopsfile.MaxSize)
	case in.Len() > 0:
		return nil, errors.New("property File.Content has data after its end")
	}
	return content, nil
}

// SHA256 returns the hash of a file as the property File carries it.
func SHA256(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}

// WithLF returns a file as git holds it: where every line ends in CR LF, as after a
// checkout with core.autocrlf, each ends in LF. sops writes LF alone.
func WithLF(file []byte) []byte {
	lines := bytes.Count(file, []byte("\n"))
	if lines == 0 || bytes.Count(file, []byte("\r\n")) != lines {
		return file
	}
	return bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n"))
}
