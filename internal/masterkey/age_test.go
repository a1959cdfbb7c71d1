package masterkey_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// emptyEnvironment hides this machine's identities and credentials, and returns a
// home folder.
func emptyEnvironment(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	t.Setenv("AppData", filepath.Join(home, ".config"))
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "SOPS_") || strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // restores it after the test
			_ = os.Unsetenv(name)
		}
	}
	return home
}

func newIdentity(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// ageEntry is an entry of a file whose data key is wrapped for r.
func ageEntry(t *testing.T, name string, r age.Recipient) sopsfile.MasterKey {
	t.Helper()
	var b bytes.Buffer
	a := armor.NewWriter(&b)
	w, err := age.Encrypt(a, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(dataKey)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return sopsfile.MasterKey{Type: sopsfile.Age, ID: name, EncryptedDataKey: b.String()}
}

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sshKey makes an Ed25519 key pair; an empty passphrase leaves it open.
func sshKey(t *testing.T, passphrase string) (private []byte, entry sopsfile.MasterKey) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var block *pem.Block
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	sshPublic, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(sshPublic)))
	r, err := agessh.ParseRecipient(line)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block), ageEntry(t, line, r)
}

// Every place alone is enough, and what other places hold does not matter.
func TestAgePlaces(t *testing.T) {
	id, other := newIdentity(t), newIdentity(t)
	entry := ageEntry(t, id.Recipient().String(), id.Recipient())
	pq, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	pqEntry := ageEntry(t, pq.Recipient().String(), pq.Recipient())
	private, sshEntry := sshKey(t, "")
	file := "# created: today\n\n" + other.String() + "\n" + id.String() + "\n"

	for name, tc := range map[string]struct {
		entry sopsfile.MasterKey
		setup func(t *testing.T, home string)
	}{
		"SOPS_AGE_KEY": {entry, func(t *testing.T, _ string) {
			t.Setenv("SOPS_AGE_KEY", id.String())
		}},
		"SOPS_AGE_KEY, lines": {entry, func(t *testing.T, _ string) {
			t.Setenv("SOPS_AGE_KEY", file)
		}},
		"SOPS_AGE_KEY, words": {entry, func(t *testing.T, _ string) {
			t.Setenv("SOPS_AGE_KEY", other.String()+" "+id.String())
		}},
		"SOPS_AGE_KEY, post-quantum": {pqEntry, func(t *testing.T, _ string) {
			t.Setenv("SOPS_AGE_KEY", pq.String())
		}},
		"SOPS_AGE_KEY_FILE": {entry, func(t *testing.T, home string) {
			t.Setenv("SOPS_AGE_KEY_FILE", write(t, filepath.Join(home, "k"), []byte(strings.ReplaceAll(file, "\n", "\r\n"))))
		}},
		"SOPS_AGE_KEY_CMD": {entry, func(t *testing.T, home string) {
			script := write(t, filepath.Join(home, "a script"), []byte("#!/bin/sh\ntest \"$SOPS_AGE_RECIPIENT\" = \"$1\" && cat \"$2\"\n"))
			if err := os.Chmod(script, 0o700); err != nil {
				t.Fatal(err)
			}
			key := write(t, filepath.Join(home, "k"), []byte(file))
			t.Setenv("SOPS_AGE_KEY_CMD", "'"+script+"' "+entry.ID+" \""+key+"\"")
		}},
		"keys.txt": {entry, func(t *testing.T, home string) {
			write(t, filepath.Join(home, ".config/sops/age/keys.txt"), []byte(file))
		}},
		"SOPS_AGE_SSH_PRIVATE_KEY_FILE": {sshEntry, func(t *testing.T, home string) {
			t.Setenv("SOPS_AGE_SSH_PRIVATE_KEY_FILE", write(t, filepath.Join(home, "k"), private))
		}},
		"SOPS_AGE_SSH_PRIVATE_KEY_CMD": {sshEntry, func(t *testing.T, home string) {
			t.Setenv("SOPS_AGE_SSH_PRIVATE_KEY_CMD", "cat "+write(t, filepath.Join(home, "k"), private))
		}},
		"id_ed25519": {sshEntry, func(t *testing.T, home string) {
			write(t, filepath.Join(home, ".ssh/id_ed25519"), private)
		}},
		"id_rsa": {sshEntry, func(t *testing.T, home string) {
			write(t, filepath.Join(home, ".ssh/id_rsa"), private)
		}},
		"a good place among bad ones": {entry, func(t *testing.T, home string) {
			t.Setenv("SOPS_AGE_KEY", "nonsense")
			t.Setenv("SOPS_AGE_KEY_CMD", "false")
			t.Setenv("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "/does/not/exist")
			locked, _ := sshKey(t, "passphrase")
			write(t, filepath.Join(home, ".ssh/id_ed25519"), locked)
			write(t, filepath.Join(home, ".config/sops/age/keys.txt"), []byte("AGE-PLUGIN-X-1ABC\n"+file))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			home := emptyEnvironment(t)
			tc.setup(t, home)
			ring := fromEnvironment(t, masterkey.Options{})
			for range 2 { // the second time from what was read
				got, err := ring.Unwrap(t.Context(), tc.entry)
				if err != nil {
					t.Fatal(err)
				}
				if string(got) != dataKey {
					t.Error("another data key came out")
				}
			}
		})
	}
}

func TestAgeGivenIdentity(t *testing.T) {
	emptyEnvironment(t)
	id := newIdentity(t)
	ring := fromEnvironment(t, masterkey.Options{Identities: []age.Identity{id}})
	if _, err := ring.Unwrap(t.Context(), ageEntry(t, id.Recipient().String(), id.Recipient())); err != nil {
		t.Error(err)
	}
}

// A ring that meets no age entry looks at no identity.
func TestAgeIsReadLate(t *testing.T) {
	home := emptyEnvironment(t)
	ring := fromEnvironment(t, masterkey.Options{})
	id := newIdentity(t)
	write(t, filepath.Join(home, ".config/sops/age/keys.txt"), []byte(id.String()))
	if _, err := ring.Unwrap(t.Context(), ageEntry(t, id.Recipient().String(), id.Recipient())); err != nil {
		t.Error(err)
	}
}

func TestAgeErrors(t *testing.T) {
	id, other := newIdentity(t), newIdentity(t)
	entry := ageEntry(t, id.Recipient().String(), id.Recipient())
	locked, sshEntry := sshKey(t, "passphrase")
	damaged := entry
	damaged.EncryptedDataKey = strings.Replace(entry.EncryptedDataKey, "\n", "\nAAAA", 1)

	for _, tc := range []struct {
		name  string
		entry sopsfile.MasterKey
		setup func(t *testing.T, home string)
		want  string
	}{
		{"nothing there", entry, func(*testing.T, string) {},
			`no age identity was found; not there: SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, "HOME/.config/sops/age/keys.txt", SOPS_AGE_SSH_PRIVATE_KEY_FILE, "HOME/.ssh/id_ed25519", "HOME/.ssh/id_rsa", SOPS_AGE_KEY_CMD, SOPS_AGE_SSH_PRIVATE_KEY_CMD`},
		{"one that does not fit", entry, func(t *testing.T, home string) {
			write(t, filepath.Join(home, ".config/sops/age/keys.txt"), []byte(other.String()))
		}, `the one age identity that was found does not fit this recipient (1 in "HOME/.config/sops/age/keys.txt"); not there: SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, SOPS_AGE_SSH_PRIVATE_KEY_FILE, "HOME/.ssh/id_ed25519", "HOME/.ssh/id_rsa", SOPS_AGE_KEY_CMD, SOPS_AGE_SSH_PRIVATE_KEY_CMD`},
		{"several, some of no use", entry, func(t *testing.T, home string) {
			t.Setenv("SOPS_AGE_KEY", other.String()+" "+newIdentity(t).String()+" AGE-PLUGIN-YUBIKEY-1ABC mistyped-"+other.String())
			t.Setenv("SOPS_AGE_KEY_FILE", filepath.Join(home, "missing"))
			t.Setenv("SOPS_AGE_KEY_CMD", "false "+other.String())
			write(t, filepath.Join(home, ".config/sops/age/keys.txt"), []byte("age-encryption.org/v1\n"))
			write(t, filepath.Join(home, ".ssh/id_ed25519"), locked)
		}, `none of the 2 age identities that were found fits this recipient (2 in SOPS_AGE_KEY); of no use: SOPS_AGE_KEY: 2 that do not look like age identities (AGE-SECRET-KEY-1…), SOPS_AGE_KEY_FILE "HOME/missing": no such file, "HOME/.config/sops/age/keys.txt": it is protected by a passphrase, which is not asked for here; give the identity in SOPS_AGE_KEY or through SOPS_AGE_KEY_CMD, SOPS_AGE_KEY_CMD: the command failed: exit status 1; not there: SOPS_AGE_SSH_PRIVATE_KEY_FILE, "HOME/.ssh/id_rsa", SOPS_AGE_SSH_PRIVATE_KEY_CMD`},
		{"a locked SSH key", sshEntry, func(t *testing.T, home string) {
			write(t, filepath.Join(home, ".ssh/id_ed25519"), locked)
			write(t, filepath.Join(home, ".ssh/id_rsa"), []byte("nonsense"))
		}, `no age identity was found; of no use: "HOME/.ssh/id_ed25519": it is protected by a passphrase, which is not asked for here; give the key without one through SOPS_AGE_SSH_PRIVATE_KEY_CMD, "HOME/.ssh/id_rsa": it is no private SSH key that age can use (Ed25519 or RSA); not there: SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, "HOME/.config/sops/age/keys.txt", SOPS_AGE_SSH_PRIVATE_KEY_FILE, SOPS_AGE_KEY_CMD, SOPS_AGE_SSH_PRIVATE_KEY_CMD`},
		{"damaged", damaged, func(t *testing.T, _ string) { t.Setenv("SOPS_AGE_KEY", id.String()) },
			"its wrapped data key is not a whole age file; the file was damaged"},
		{"not armored", sopsfile.MasterKey{Type: sopsfile.Age, ID: "age1x", EncryptedDataKey: "x"}, func(*testing.T, string) {},
			"its wrapped data key is not an armored age file; the file was damaged"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			home := emptyEnvironment(t)
			tc.setup(t, home)
			_, err := fromEnvironment(t, masterkey.Options{}).Unwrap(t.Context(), tc.entry)
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.ReplaceAll(err.Error(), home, "HOME"); got != tc.want {
				t.Errorf("error:\n%s\nwant:\n%s", got, tc.want)
			}
			for _, secret := range []string{"AGE-SECRET-KEY-1", "mistyped", "YUBIKEY", "PRIVATE KEY-----"} {
				if strings.Contains(strings.ReplaceAll(err.Error(), "AGE-SECRET-KEY-1…", ""), secret) {
					t.Error("the error holds what it must not")
				}
			}
		})
	}
}

// A command that waits for somebody ends with the context, and may answer the
// next time.
func TestAgeCommandEndsWithItsContext(t *testing.T) {
	home := emptyEnvironment(t)
	id := newIdentity(t)
	entry := ageEntry(t, id.Recipient().String(), id.Recipient())
	key, flag := write(t, filepath.Join(home, "k"), []byte(id.String())), filepath.Join(home, "flag")
	t.Setenv("SOPS_AGE_KEY_CMD", "sh -c 'test -e "+flag+" || exec sleep 60; cat "+key+"'")
	ring := fromEnvironment(t, masterkey.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := ring.Unwrap(ctx, entry)
	if err == nil || time.Since(begin) > 30*time.Second {
		t.Fatalf("after %v: %v", time.Since(begin), err)
	}
	write(t, flag, nil)
	if _, err := ring.Unwrap(t.Context(), entry); err != nil {
		t.Error(err)
	}
}
