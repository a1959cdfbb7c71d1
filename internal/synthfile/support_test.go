package synthfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

const (
	keyEU  = "arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000001"
	keyUS  = "arn:aws:kms:us-east-1:111122223333:key/1111aaaa-0000-4000-8000-000000000002"
	roleEU = "arn:aws:iam::111122223333:role/sops-dev-role"
	values = `{"a": "demo-value-1", "b": {"c": "demo-value-2"}}`
)

// identity is made for each run of the tests: what it opens is thrown away with it.
var identity = newIdentity()

func newIdentity() *age.X25519Identity {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		panic(err)
	}
	return id
}

// openable lets this machine open files encrypted to identity, and nothing else.
func openable(t *testing.T) {
	t.Helper()
	sopstest.Isolate(t)
	t.Setenv("SOPS_AGE_KEY", identity.String())
}

// inAWS lets this machine call a stand-in of AWS, which has the keys of these tests,
// and nothing else.
func inAWS(t *testing.T) *awstest.Server {
	t.Helper()
	sopstest.Isolate(t)
	server, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	server.Setenv(t)
	server.AddKey(keyEU)
	server.AddKey(keyUS)
	return server
}

// standard is a file that this machine opens with age, and the function with KMS.
func standard(content string) sopstest.File {
	return sopstest.File{JSON: content, KMS: []sopstest.KMS{{ARN: keyEU}}, Age: []string{identity.Recipient().String()}}
}

func encrypt(t *testing.T, file sopstest.File) []byte {
	t.Helper()
	content, err := file.Encrypt()
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// place writes a file into a new folder and returns its path.
func place(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, files *synthfile.Files, path string) *synthfile.File {
	t.Helper()
	file, err := files.Open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// parse opens content as a file of its own, without a key.
func parse(t *testing.T, content []byte, format sopsfile.Format) *synthfile.File {
	t.Helper()
	file, err := synthfile.New().Open(place(t, "x", content), format)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// text is what lands, with the error.
func text(d *synthfile.Opening, o render.Output) (string, error) {
	content, err := d.Content(o)
	if err != nil {
		return "", err
	}
	return string(content.Text.Reveal()), nil
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
