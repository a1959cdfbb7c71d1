package masterkey_test

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/plugin"
)

// The tests' own binary is the toy plugin where it is called by that name. What it wraps
// is protected by toyPIN alone, which is no secret.
const (
	toyName = "toy"
	toyPIN  = "123456"
)

func TestMain(m *testing.M) {
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "age-plugin-"+toyName {
		os.Exit(toyPlugin())
	}
	os.Exit(m.Run())
}

// toyPlugin runs the plugin. What its identity holds says how it behaves: "pin" asks for
// the PIN, "confirm" for a yes, "quiet" for nothing; "hang", "fail" and "crash" do so.
func toyPlugin() int {
	p, err := plugin.New(toyName)
	if err != nil {
		return 1
	}
	p.HandleRecipient(func([]byte) (age.Recipient, error) { return toyRecipient{}, nil })
	p.HandleIdentity(func(data []byte) (age.Identity, error) { return &toyIdentity{p, string(data)}, nil })
	p.RegisterFlags(nil)
	flag.Parse()
	return p.Main()
}

// toyRecipient wraps with toyPIN.
type toyRecipient struct{}

func (toyRecipient) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	return []*age.Stanza{{Type: toyName, Body: mask(fileKey, toyPIN)}}, nil
}

// mask is its own inverse.
func mask(key []byte, pin string) []byte {
	sum := sha256.Sum256([]byte(pin))
	masked := make([]byte, len(key))
	for i := range key {
		masked[i] = key[i] ^ sum[i]
	}
	return masked
}

// toyIdentity is the identity of the toy plugin, inside of it.
type toyIdentity struct {
	ui       *plugin.Plugin
	behavior string
}

// Unwrap implements [age.Identity].
func (i *toyIdentity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	i.note()
	for _, s := range stanzas {
		if s.Type == toyName {
			pin, err := i.pin()
			if err != nil {
				return nil, err
			}
			return mask(s.Body, pin), nil
		}
	}
	return nil, age.ErrIncorrectIdentity
}

func (i *toyIdentity) pin() (string, error) {
	switch i.behavior {
	case "pin":
		_ = i.ui.DisplayMessage("the toy is \x1b[2Jhere")
		return i.ui.RequestValue("PIN of the toy", true)
	case "confirm":
		yes, err := i.ui.Confirm("use the toy?", "yes", "no")
		if err == nil && !yes {
			err = errors.New("refused by the person")
		}
		return toyPIN, err
	case "hang":
		time.Sleep(3 * time.Second)
	case "fail":
		return "", errors.New("the token is not plugged in\x1b[2J")
	case "crash":
		os.Exit(3)
	}
	return toyPIN, nil
}

// note adds a line to the file that TOY_RUNS names, and fails where another toy runs.
func (i *toyIdentity) note() {
	path := os.Getenv("TOY_RUNS")
	if path == "" {
		return
	}
	if err := os.Mkdir(path+".busy", 0o700); err != nil {
		fmt.Fprintln(os.Stderr, "two toys at once")
		os.Exit(4)
	}
	defer os.Remove(path + ".busy")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, _ = f.WriteString("run\n")
		_ = f.Close()
	}
	time.Sleep(20 * time.Millisecond)
}

// toy puts the plugin into the PATH, and returns its identity with a behavior, and how
// often it ran.
func toy(t *testing.T, behavior string) (identity string, runs func() int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(self, filepath.Join(folder, "age-plugin-"+toyName)); err != nil {
		t.Skip(err)
	}
	t.Setenv("PATH", folder)
	noted := filepath.Join(folder, "runs")
	t.Setenv("TOY_RUNS", noted)
	return plugin.EncodeIdentity(toyName, []byte(behavior)), func() int {
		text, _ := os.ReadFile(noted)
		return strings.Count(string(text), "run")
	}
}
