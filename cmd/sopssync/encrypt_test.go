package main_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

// lastModified is when every file of these tests was last changed.
const lastModified = "2026-01-02T03:04:05Z"

// wrapper is a KMS entry of a file's metadata.
type wrapper struct {
	arn     string
	role    string
	context map[string]string
}

// pair is one value of a file, at its top level.
type pair struct{ name, value string }

// encrypt makes a SOPS file in JSON as the official command does: see
// TestOfficialCommandReadsOurFiles. The data key is new each time, so the same
// values never give the same file.
func encrypt(t *testing.T, server *awstest.Server, keys []wrapper, values ...pair) []byte {
	t.Helper()
	dataKey := make([]byte, 32)
	_, _ = rand.Read(dataKey)

	mac := sha512.New()
	var body strings.Builder
	body.WriteString("{\n")
	for _, v := range values {
		mac.Write([]byte(v.value))
		sealed := ""
		if v.value != "" { // SOPS leaves the empty string as it is
			sealed = seal(dataKey, v.value, v.name+":", "str")
		}
		fmt.Fprintf(&body, "\t%s: %s,\n", quote(v.name), quote(sealed))
	}
	var entries []map[string]any
	for _, k := range keys {
		e := map[string]any{
			"arn":         k.arn,
			"created_at":  lastModified,
			"enc":         wrap(t, server, k, dataKey),
			"aws_profile": "",
		}
		if k.role != "" {
			e["role"] = k.role
		}
		if k.context != nil {
			e["context"] = k.context
		}
		entries = append(entries, e)
	}
	meta, err := json.MarshalIndent(map[string]any{
		"kms":                entries,
		"lastmodified":       lastModified,
		"mac":                seal(dataKey, fmt.Sprintf("%X", mac.Sum(nil)), lastModified, "str"),
		"unencrypted_suffix": "_unencrypted",
		"version":            "3.13.3",
	}, "\t", "\t")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&body, "\t\"sops\": %s\n}\n", meta)
	return []byte(body.String())
}

// seal is a SOPS token of plain.
func seal(key []byte, plain, additional, kind string) string {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, 32)
	if err != nil {
		panic(err)
	}
	nonce := make([]byte, 32)
	_, _ = rand.Read(nonce)
	out := gcm.Seal(nil, nonce, []byte(plain), []byte(additional))
	data, tag := out[:len(out)-16], out[len(out)-16:]
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("ENC[AES256_GCM,data:%s,iv:%s,tag:%s,type:%s]", b64(data), b64(nonce), b64(tag), kind)
}

func wrap(t *testing.T, server *awstest.Server, k wrapper, dataKey []byte) string {
	t.Helper()
	client := kms.New(kms.Options{
		Region:       strings.Split(k.arn, ":")[3],
		BaseEndpoint: aws.String(server.URL()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: awstest.CallerAccessKeyID, SecretAccessKey: "x"}, nil
		}),
	})
	out, err := client.Encrypt(t.Context(), &kms.EncryptInput{KeyId: &k.arn, Plaintext: dataKey, EncryptionContext: k.context})
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(out.CiphertextBlob)
}

func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	return strings.TrimSpace(b.String())
}

// The scenarios' files are only worth something if they are SOPS files.
func TestOfficialCommandReadsOurFiles(t *testing.T) {
	command, err := exec.LookPath("sops")
	if err != nil {
		t.Skip("the sops command is not installed")
	}
	w := newWorld(t)
	context := map[string]string{"team": "db"}
	file := filepath.Join(t.TempDir(), "x.sops.json")
	content := w.file([]wrapper{{arn: keyUS, context: context}}, pair{"user", "admin <&>"}, pair{"empty", ""}, pair{"ä", "x\ny"})
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	decrypt := exec.Command(command, "decrypt", file)
	decrypt.Env = append(os.Environ(), w.aws.Environ()...)
	out, err := decrypt.Output()
	if err != nil {
		t.Fatalf("sops decrypt: %v", err)
	}
	var got map[string]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got["user"] != "admin <&>" || got["empty"] != "" || got["ä"] != "x\ny" || len(got) != 3 {
		t.Errorf("sops decrypt gives other values than were encrypted: %d", len(got))
	}
}
