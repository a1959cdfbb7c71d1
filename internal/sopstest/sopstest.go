// Package sopstest makes small SOPS files for tests: encrypted as the sops
// command encrypts JSON, to KMS keys of package awstest and to age recipients.
// Only tests, and the public package of this name, import it. What the reader makes of sops's own files is tested with
// those, elsewhere.
package sopstest

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

const lastModified = "2026-01-02T03:04:05Z"

// KMS is a KMS entry of a file's metadata.
type KMS struct {
	ARN     string            `json:"arn"`
	Role    string            `json:"role,omitempty"`
	Context map[string]string `json:"context,omitempty"`
	Created string            `json:"created_at"`
	Enc     string            `json:"enc"`
	Profile string            `json:"aws_profile"`
	// Target is the ARN of the key that ARN, an alias, stands for.
	Target string `json:"-"`
}

// File says what to encrypt, and to whom.
type File struct {
	// JSON is the clear file: an object. Values under a name that ends in
	// "_unencrypted" stay clear.
	JSON string
	// KMS are the KMS entries; Created and Enc are filled in.
	KMS []KMS
	// Age are recipients.
	Age []string
	// PGP are fingerprints; what stands behind them opens nothing.
	PGP []string
	// DataKey is the data key, 32 bytes; nil for a random one.
	DataKey []byte
	// WrongMAC stores the MAC of other values.
	WrongMAC bool
}

type ageEntry struct {
	Recipient string `json:"recipient"`
	Enc       string `json:"enc"`
}

type pgpEntry struct {
	Created     string `json:"created_at"`
	Fingerprint string `json:"fp"`
	Enc         string `json:"enc"`
}

// Encrypt returns the encrypted file.
func (f File) Encrypt() ([]byte, error) {
	dataKey := f.DataKey
	if dataKey == nil {
		dataKey = make([]byte, 32)
		_, _ = rand.Read(dataKey)
	}
	e := &encrypter{dec: json.NewDecoder(strings.NewReader(f.JSON)), mac: sha512.New()}
	e.dec.UseNumber()
	var err error
	if e.aead, err = newAEAD(dataKey); err != nil {
		return nil, err
	}
	if err := e.value(nil); err != nil {
		return nil, err
	}
	if f.WrongMAC {
		e.mac.Write([]byte("further"))
	}

	metadata := map[string]any{
		"lastmodified":       lastModified,
		"mac":                e.seal(fmt.Sprintf("%X", e.mac.Sum(nil)), lastModified, "str"),
		"unencrypted_suffix": "_unencrypted",
		"version":            "3.13.3",
	}
	var kms []KMS
	for _, entry := range f.KMS {
		entry.Created = lastModified
		entry.Enc = base64.StdEncoding.EncodeToString(awstest.Wrap(cmp.Or(entry.Target, entry.ARN), dataKey, entry.Context))
		kms = append(kms, entry)
	}
	var recipients []ageEntry
	for _, recipient := range f.Age {
		enc, err := wrapAge(recipient, dataKey)
		if err != nil {
			return nil, err
		}
		recipients = append(recipients, ageEntry{recipient, enc})
	}
	var pgp []pgpEntry
	for _, fingerprint := range f.PGP {
		pgp = append(pgp, pgpEntry{lastModified, fingerprint, "-----BEGIN PGP MESSAGE-----\n"})
	}
	metadata["kms"], metadata["age"], metadata["pgp"] = kms, recipients, pgp
	encoded, err := json.Marshal(metadata)
	if err != nil {
		return nil, err
	}
	body := bytes.TrimSuffix(e.out.Bytes(), []byte("}"))
	if !bytes.HasSuffix(body, []byte("{")) {
		body = append(body, ',')
	}
	return fmt.Appendf(body, `"sops":%s}`, encoded), nil
}

// encrypter copies JSON and encrypts its values.
type encrypter struct {
	dec  *json.Decoder
	out  bytes.Buffer
	aead cipher.AEAD
	mac  hash.Hash
}

func (e *encrypter) value(path []string) error {
	token, err := e.dec.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		return e.container(token, path)
	case nil:
		e.out.WriteString("null")
	case string:
		e.leaf(token, "str", path)
	case bool:
		e.leaf(map[bool]string{true: "True", false: "False"}[token], "bool", path)
	case json.Number:
		kind := "int"
		if strings.ContainsAny(token.String(), ".eE") {
			kind = "float"
		}
		e.leaf(token.String(), kind, path)
	}
	return nil
}

func (e *encrypter) container(open json.Delim, path []string) error {
	e.out.WriteString(open.String())
	for i := 0; e.dec.More(); i++ {
		if i > 0 {
			e.out.WriteByte(',')
		}
		inner := path
		if open == '{' {
			name, err := e.dec.Token()
			if err != nil {
				return err
			}
			quoted, err := json.Marshal(name)
			if err != nil {
				return err
			}
			e.out.Write(append(quoted, ':'))
			inner = append(path[:len(path):len(path)], name.(string))
		}
		if err := e.value(inner); err != nil {
			return err
		}
	}
	closing, err := e.dec.Token()
	if err != nil {
		return err
	}
	e.out.WriteString(closing.(json.Delim).String())
	return nil
}

func (e *encrypter) leaf(text, kind string, path []string) {
	e.mac.Write([]byte(text))
	clear := slices.ContainsFunc(path, func(name string) bool { return strings.HasSuffix(name, "_unencrypted") })
	if clear && kind != "str" {
		e.out.WriteString(strings.ToLower(text))
		return
	}
	if clear || text == "" {
		fmt.Fprintf(&e.out, "%q", text)
		return
	}
	fmt.Fprintf(&e.out, "%q", e.seal(text, strings.Join(path, ":")+":", kind))
}

func (e *encrypter) seal(text, additional, kind string) string {
	nonce := make([]byte, 32)
	_, _ = rand.Read(nonce)
	sealed := e.aead.Seal(nil, nonce, []byte(text), []byte(additional))
	encode := base64.StdEncoding.EncodeToString
	tag := len(sealed) - e.aead.Overhead()
	return fmt.Sprintf("ENC[AES256_GCM,data:%s,iv:%s,tag:%s,type:%s]", encode(sealed[:tag]), encode(nonce), encode(sealed[tag:]), kind)
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithNonceSize(block, 32)
}

func wrapAge(recipient string, dataKey []byte) (string, error) {
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, to)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(dataKey); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	if err := armored.Close(); err != nil {
		return "", err
	}
	return out.String(), nil
}
