package masterkey

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"filippo.io/age"
)

// The places of age identities, besides files with fixed names. All that exist
// count together.
const (
	envKey        = "SOPS_AGE_KEY"
	envKeyFile    = "SOPS_AGE_KEY_FILE"
	envKeyCommand = "SOPS_AGE_KEY_CMD"
	envSSHFile    = "SOPS_AGE_SSH_PRIVATE_KEY_FILE"
	envSSHCommand = "SOPS_AGE_SSH_PRIVATE_KEY_CMD"

	// envRecipient tells the two commands which recipient is asked for.
	envRecipient = "SOPS_AGE_RECIPIENT"
)

// identities finds the age identities that the sops command finds on this
// machine. Files are read once, at the first age entry; the commands run once per
// recipient, since sops tells them the recipient.
type identities struct {
	given []age.Identity

	once  sync.Once
	fixed []place

	mu       sync.Mutex
	commands map[string]*commandPlaces
}

// commandPlaces is what the commands gave for one recipient.
type commandPlaces struct {
	turn   chan struct{} // holds one token while the commands run or places is read
	places []place       // nil until they ran to their end
}

// place is one place that was looked at.
type place struct {
	name       string // a variable's name or a quoted path
	identities []age.Identity
	missing    bool   // not set, or no such file
	problem    string // why something there is of no use; "" if nothing is
	ssh        bool   // it can only hold an SSH key
}

// collection is what all places together gave.
type collection struct {
	identities []age.Identity
	given      int
	places     []place
}

// find looks in every place. A place that cannot be used takes nothing from the others.
func (ids *identities) find(ctx context.Context, recipient string) collection {
	ids.once.Do(func() { ids.fixed = fixedPlaces() })
	c := collection{given: len(ids.given)}
	c.places = append(c.places, ids.fixed...)
	c.places = append(c.places, ids.commandPlaces(ctx, recipient)...)
	c.identities = append(c.identities, ids.given...)
	for _, p := range c.places {
		c.identities = append(c.identities, p.identities...)
	}
	return c
}

func (ids *identities) commandPlaces(ctx context.Context, recipient string) []place {
	ids.mu.Lock()
	if ids.commands == nil {
		ids.commands = map[string]*commandPlaces{}
	}
	entry := ids.commands[recipient]
	if entry == nil {
		entry = &commandPlaces{turn: make(chan struct{}, 1)}
		ids.commands[recipient] = entry
	}
	ids.mu.Unlock()
	select {
	case entry.turn <- struct{}{}:
		defer func() { <-entry.turn }()
	case <-ctx.Done():
		return nil
	}
	if entry.places != nil {
		return entry.places
	}
	places := []place{
		placeOfCommand(ctx, envKeyCommand, recipient, oneIdentityALine),
		placeOfCommand(ctx, envSSHCommand, recipient, parseSSHKey),
	}
	places[1].ssh = true
	if ctx.Err() == nil { // what was cut short says nothing to the next caller
		entry.places = places
	}
	return places
}

func oneIdentityALine(text []byte) ([]age.Identity, string) { return parseIdentities(text, false) }

func fixedPlaces() []place {
	places := []place{placeOfKey()}
	places = append(places, placeOfVariable(envKeyFile, oneIdentityALine))
	if dir, err := userConfigDir(); err == nil {
		places = append(places, placeOfFile(filepath.Join(dir, "sops", "age", "keys.txt"), oneIdentityALine))
	} else {
		places = append(places, place{name: "sops/age/keys.txt", problem: "the user's configuration directory is unknown (HOME or XDG_CONFIG_HOME)"})
	}
	ssh := []place{placeOfVariable(envSSHFile, parseSSHKey)}
	if home, err := os.UserHomeDir(); err == nil {
		ssh = append(ssh,
			placeOfFile(filepath.Join(home, ".ssh", "id_ed25519"), parseSSHKey),
			placeOfFile(filepath.Join(home, ".ssh", "id_rsa"), parseSSHKey))
	}
	for _, p := range ssh {
		p.ssh = true
		places = append(places, p)
	}
	return places
}

// userConfigDir is os.UserConfigDir, except that XDG_CONFIG_HOME counts on macOS too.
func userConfigDir() (string, error) {
	if dir := os.Getenv("XDG_CONFIG_HOME"); runtime.GOOS == "darwin" && dir != "" {
		return dir, nil
	}
	return os.UserConfigDir()
}

func placeOfKey() place {
	value, ok := os.LookupEnv(envKey)
	p := place{name: envKey, missing: !ok}
	p.identities, p.problem = parseIdentities([]byte(value), true)
	return p
}

// placeOfVariable is the file that a variable names.
func placeOfVariable(variable string, parse func([]byte) ([]age.Identity, string)) place {
	path, ok := os.LookupEnv(variable)
	if !ok {
		return place{name: variable, missing: true}
	}
	p := placeOfFile(path, parse)
	p.name = fmt.Sprintf("%s %s", variable, p.name)
	if p.missing {
		p.missing, p.problem = false, "no such file"
	}
	return p
}

func placeOfFile(path string, parse func([]byte) ([]age.Identity, string)) place {
	p := place{name: fmt.Sprintf("%q", path)}
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.missing = true
	case errors.Is(err, fs.ErrPermission):
		p.problem = "permission denied"
	case err != nil:
		p.problem = "cannot be read"
	default:
		p.identities, p.problem = parse(content)
		clear(content)
	}
	return p
}

// explain says that nothing fits recipient, where was looked, how much was found
// there, and what was of no use. It names no identity.
func (c collection) explain(recipient string) string {
	var found, missing, problems []string
	if c.given > 0 {
		found = append(found, fmt.Sprintf("%d given by the app", c.given))
	}
	ssh := strings.HasPrefix(recipient, "ssh-")
	for _, p := range c.places {
		switch {
		case p.missing:
			missing = append(missing, p.name)
		case p.problem != "" && (ssh || !p.ssh):
			problems = append(problems, p.name+": "+p.problem)
		}
		if n := len(p.identities); n > 0 || !p.missing && p.problem == "" {
			found = append(found, fmt.Sprintf("%d in %s", n, p.name))
		}
	}
	var b strings.Builder
	switch n := len(c.identities); n {
	case 0:
		b.WriteString("no age identity was found")
	case 1:
		b.WriteString("the one age identity that was found does not fit this recipient")
	default:
		fmt.Fprintf(&b, "none of the %d age identities that were found fits this recipient", n)
	}
	if len(found) > 0 {
		b.WriteString(" (" + strings.Join(found, ", ") + ")")
	}
	if len(problems) > 0 {
		b.WriteString("; of no use: " + strings.Join(problems, ", "))
	}
	if len(missing) > 0 {
		b.WriteString("; not there: " + strings.Join(missing, ", "))
	}
	return b.String()
}
