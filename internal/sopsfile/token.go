package sopsfile

import (
	"bytes"
	"encoding/base64"
	"errors"
)

// A token is ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]. The official reader takes
// any text that starts like one; this one takes the form that sops writes and no
// other, so that two readers cannot see two values in one token.
const (
	tokenOpen = "ENC[AES256_GCM,data:"
	tokenIV   = ",iv:"
	tokenTag  = ",tag:"
	tokenType = ",type:"

	nonceSize = 32
	tagSize   = 16
	keySize   = 32

	ivText  = 44 // of 32 bytes in base64
	tagText = 24 // of 16 bytes in base64

	// tokenRest is what a token has at least beside its data.
	tokenRest = len(tokenOpen) + len(tokenIV) + ivText + len(tokenTag) + tagText + len(tokenType) + len("str]")
)

var (
	errTokenForm = errors.New("not a complete ENC[AES256_GCM,…] token in the form that sops writes")
	errTokenType = errors.New("the token has an unknown type")
	// sops 3.13.3 panics when it meets a value of this type in a file.
	errTokenBytes = errors.New("the token has the type bytes, which no sops command writes")
)

// token is a token's parts, still in base64.
type token struct {
	data, iv, tag []byte
	kind          Kind
}

// looksLikeToken reports whether s starts as every token does.
func looksLikeToken(s []byte) bool {
	return bytes.HasPrefix(s, []byte("ENC["))
}

// splitToken finds the parts of a token from its end, where all lengths are
// fixed. It does not look into the base64.
func splitToken(s []byte) (token, error) {
	if len(s) < len(tokenOpen) || string(s[:len(tokenOpen)]) != tokenOpen || s[len(s)-1] != ']' {
		return token{}, errTokenForm
	}
	s = s[len(tokenOpen) : len(s)-1]
	var t token
	i := bytes.LastIndexByte(s, ':') + 1
	name := s[i:]
	tail := ivText + tagText + len(tokenIV) + len(tokenTag) + len(tokenType)
	if i <= tail {
		return token{}, errTokenForm
	}
	n := i - tail // length of data
	rest := s[n:i]
	t.data, t.iv, t.tag = s[:n], rest[len(tokenIV):len(tokenIV)+ivText], rest[len(tokenIV)+ivText+len(tokenTag):len(rest)-len(tokenType)]
	if string(rest[:len(tokenIV)]) != tokenIV ||
		string(rest[len(tokenIV)+ivText:len(tokenIV)+ivText+len(tokenTag)]) != tokenTag ||
		string(rest[len(rest)-len(tokenType):]) != tokenType {
		return token{}, errTokenForm
	}
	switch string(name) {
	case "str":
		t.kind = String
	case "int":
		t.kind = Int
	case "float":
		t.kind = Float
	case "bool":
		t.kind = Bool
	case "time":
		t.kind = Time
	case "comment":
		t.kind = Comment
	case "bytes":
		return token{}, errTokenBytes
	default:
		return token{}, errTokenType
	}
	return t, nil
}

// checkToken reports whether s is a canonical token: parts in order, standard
// base64 with padding and without spare bits, and lengths that fit.
func checkToken(s []byte, scratch []byte) (Kind, []byte, error) {
	t, err := splitToken(s)
	if err != nil {
		return 0, scratch, err
	}
	scratch, err = decodeBase64(scratch[:0], t.data)
	if err != nil || len(scratch) == 0 {
		return 0, scratch, errTokenForm
	}
	var iv [ivText]byte
	if b, err := decodeBase64(iv[:0], t.iv); err != nil || len(b) != nonceSize {
		return 0, scratch, errTokenForm
	}
	if b, err := decodeBase64(iv[:0], t.tag); err != nil || len(b) != tagSize {
		return 0, scratch, errTokenForm
	}
	return t.kind, scratch, nil
}

var strictBase64 = base64.StdEncoding.Strict()

// decodeBase64 appends the bytes of src, which must be the one standard encoding
// of them: the decoder of the standard library skips line breaks, this one
// refuses them.
func decodeBase64(dst, src []byte) ([]byte, error) {
	n := base64.StdEncoding.DecodedLen(len(src))
	if len(src)%4 != 0 || bytes.IndexByte(src, '\n') >= 0 || bytes.IndexByte(src, '\r') >= 0 {
		return dst, errTokenForm
	}
	at := len(dst)
	if cap(dst)-at < n {
		dst = append(dst, make([]byte, n)...)
	} else {
		dst = dst[:at+n]
	}
	n, err := strictBase64.Decode(dst[at:], src)
	if err != nil {
		return dst[:at], errTokenForm
	}
	return dst[:at+n], nil
}
