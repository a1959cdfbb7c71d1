package difftest_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// TestPostQuantumRecipients reads what the command encrypts to a post-quantum recipient, alone and beside a
// classic one, with the post-quantum identity alone. sops before 3.12 knows no such recipient.
func TestPostQuantumRecipients(t *testing.T) {
	pq, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOPS_AGE_KEY", pq.String())
	dir := t.TempDir()
	clear := filepath.Join(dir, "clear.json")
	if err := os.WriteFile(clear, []byte(`{"my_api_key": "demo", "port": 5432}`), 0o600); err != nil {
		t.Fatal(err)
	}
	recipient := pq.Recipient().String()
	for name, recipients := range map[string]string{"alone": recipient, "beside a classic one": identities[0].recipient + "," + recipient} {
		data, err := exec.Command(commands["v3.13.3"], "encrypt", "--age", recipients, clear).Output()
		if err != nil {
			t.Fatalf("%s: sops encrypt: %v", name, err)
		}
		path := filepath.Join(dir, "file.sops.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		want, err := exec.Command(commands["v3.13.3"], "decrypt", path).Output()
		if err != nil {
			t.Fatalf("%s: sops decrypt: %v", name, err)
		}
		ring, err := masterkey.FromEnvironment(context.Background(), masterkey.Options{Region: "eu-west-1"})
		if err != nil {
			t.Fatal(err)
		}
		file, err := sopsfile.Parse(data, sopsfile.JSON)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		tree, err := file.Decrypt(context.Background(), ring)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := render.Render(tree, render.Raw)
		if err != nil || !bytes.Equal(got.Reveal(), want) {
			t.Errorf("%s: it differs from what sops decrypts (%v)", name, err)
		}
	}
	if err := exec.Command(commands["v3.9.4"], "encrypt", "--age", recipient, clear).Run(); err == nil {
		t.Error("sops 3.9.4 encrypts to a post-quantum recipient; docs/post-quantum.md says that it does not")
	}
}
