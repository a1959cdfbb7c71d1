//go:build !sopssync

package masterkey

// The function is built with the tag sopssync, without this file: see environment.go.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// identities finds the age identities that the sops command finds on this
// machine. Files are read once, at the first age entry; the commands run once per
// recipient, since sops tells them the recipient.
type identities struct {
	given []age.Identity

	once  sync.Once
	fixed []identitySource

	plugins plugins

	mu       sync.Mutex
	commands map[string]*commandSources
	printed  []age.Identity // what the commands printed for any recipient
	useless  int            // recipients in a row for which that opened nothing
}

// maxUseless is for how many recipients in a row the commands are run without success: a
// file can name 200, and a command may take a second, or ask for a touch.
const maxUseless = 32

// maxPrinted is how many identities of commands are kept for other recipients.
const maxPrinted = 100

// commandSources are the results of the commands for one recipient.
type commandSources struct {
	turn    chan struct{}    // holds one token while the commands run or sources is read
	sources []identitySource // nil until they ran to their end
}

// unwrap opens an age entry with any of the identities.
func (ids *identities) unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	if err := checkArmor(k); err != nil {
		return nil, err
	}
	// Most commands print the same whoever is asked for: what is known is tried first.
	if data, err := openAge(k, ids.known()); err != errNoFit {
		return data, err
	}
	found := ids.find(ctx, k.ID)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("not waited for: %w", err)
	}
	data, err := openAge(k, found.identities)
	if err == errNoFit {
		data, err = found.askPlugins(ctx, k)
	}
	if _, asked := os.LookupEnv(envKeyCommand); asked {
		ids.count(err != errNoFit)
	} else if _, asked := os.LookupEnv(envSSHCommand); asked {
		ids.count(err != errNoFit)
	}
	if err == errNoFit {
		return nil, errors.New(found.explain(k.ID))
	}
	return data, err
}

// known returns the identities that are there without running a command again.
func (ids *identities) known() []age.Identity {
	ids.once.Do(func() { ids.fixed = ids.fixedSources() })
	known := slices.Clone(ids.given)
	for _, p := range ids.fixed {
		known = append(known, p.identities...)
	}
	ids.mu.Lock()
	defer ids.mu.Unlock()
	return append(known, ids.printed...)
}

// count notes whether what the commands printed for a recipient opened its entry.
func (ids *identities) count(fits bool) {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	if ids.useless++; fits {
		ids.useless = 0
	}
}

// givenUp returns the sources of a recipient for which no command is run any more; nil
// while they are.
func (ids *identities) givenUp() []identitySource {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	if ids.useless < maxUseless {
		return nil
	}
	problem := fmt.Sprintf("not run, since it printed nothing that fits for %d recipients in a row", maxUseless)
	return []identitySource{{name: envKeyCommand, contents: contents{problem: problem}}, {name: envSSHCommand, contents: contents{problem: problem}, ssh: true}}
}

// find looks in every source. One that cannot be used does not affect the others.
func (ids *identities) find(ctx context.Context, recipient string) collection {
	ids.once.Do(func() { ids.fixed = ids.fixedSources() })
	c := collection{given: len(ids.given)}
	c.sources = append(c.sources, ids.fixed...)
	c.sources = append(c.sources, ids.commandSources(ctx, recipient)...)
	c.identities = append(c.identities, ids.given...)
	for _, p := range c.sources {
		c.identities = append(c.identities, p.identities...)
		for _, id := range p.plugins {
			if !slices.Contains(c.plugins, id) {
				c.plugins = append(c.plugins, id)
			}
		}
	}
	return c
}

func (ids *identities) commandSources(ctx context.Context, recipient string) []identitySource {
	ids.mu.Lock()
	if ids.commands == nil {
		ids.commands = map[string]*commandSources{}
	}
	entry := ids.commands[recipient]
	if entry == nil {
		entry = &commandSources{turn: make(chan struct{}, 1)}
		ids.commands[recipient] = entry
	}
	ids.mu.Unlock()
	select {
	case entry.turn <- struct{}{}:
		defer func() { <-entry.turn }()
	case <-ctx.Done():
		return nil
	}
	if entry.sources != nil {
		return entry.sources
	}
	if sources := ids.givenUp(); sources != nil {
		return sources
	}
	sources := []identitySource{
		sourceOfCommand(ctx, envKeyCommand, recipient, ids.oneALine),
		sourceOfCommand(ctx, envSSHCommand, recipient, sshKey),
	}
	sources[1].ssh = true
	if ctx.Err() == nil { // what was cut short says nothing to the next caller
		entry.sources = sources
		ids.mu.Lock()
		for _, p := range sources {
			for _, id := range p.identities {
				if len(ids.printed) < maxPrinted {
					ids.printed = append(ids.printed, id)
				}
			}
		}
		ids.mu.Unlock()
	}
	return sources
}

// parse reads identities of all kinds: see parseIdentities.
func (ids *identities) parse(text []byte, several bool) (c contents) {
	c.identities, c.problem = parseIdentities(text, several, func(s string) error {
		p, err := ids.plugins.get(s)
		if err == nil {
			c.plugins = append(c.plugins, p)
		}
		return err
	})
	return c
}

func (ids *identities) oneALine(text []byte) contents { return ids.parse(text, false) }

func sshKey(text []byte) (c contents) {
	c.identities, c.problem = parseSSHKey(text)
	return c
}

func (ids *identities) fixedSources() []identitySource {
	sources := []identitySource{ids.sourceOfKey()}
	sources = append(sources, sourceOfVariable(envKeyFile, ids.oneALine))
	if dir, err := userConfigDir(); err == nil {
		sources = append(sources, sourceOfFile(filepath.Join(dir, "sops", "age", "keys.txt"), ids.oneALine))
	} else {
		sources = append(sources, identitySource{name: "sops/age/keys.txt", contents: contents{problem: "the user's configuration directory is unknown (HOME or XDG_CONFIG_HOME)"}})
	}
	ssh := []identitySource{sourceOfVariable(envSSHFile, sshKey)}
	if home, err := os.UserHomeDir(); err == nil {
		ssh = append(ssh,
			sourceOfFile(filepath.Join(home, ".ssh", "id_ed25519"), sshKey),
			sourceOfFile(filepath.Join(home, ".ssh", "id_rsa"), sshKey))
	}
	for _, p := range ssh {
		p.ssh = true
		sources = append(sources, p)
	}
	return sources
}

// userConfigDir is os.UserConfigDir, except that XDG_CONFIG_HOME counts on macOS too.
func userConfigDir() (string, error) {
	if dir := os.Getenv("XDG_CONFIG_HOME"); runtime.GOOS == "darwin" && dir != "" {
		return dir, nil
	}
	return os.UserConfigDir()
}

func (ids *identities) sourceOfKey() identitySource {
	value, ok := os.LookupEnv(envKey)
	return identitySource{name: envKey, missing: !ok, contents: ids.parse([]byte(value), true)}
}

// sourceOfVariable reads the file that a variable names.
func sourceOfVariable(variable string, parse func([]byte) contents) identitySource {
	path, ok := os.LookupEnv(variable)
	if !ok {
		return identitySource{name: variable, missing: true}
	}
	p := sourceOfFile(path, parse)
	p.name = fmt.Sprintf("%s %s", variable, p.name)
	if p.missing {
		p.missing, p.problem = false, "no such file"
	}
	return p
}

func sourceOfFile(path string, parse func([]byte) contents) identitySource {
	p := identitySource{name: fmt.Sprintf("%q", path)}
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.missing = true
	case errors.Is(err, fs.ErrPermission):
		p.problem = "permission denied"
	case err != nil:
		p.problem = "cannot be read"
	default:
		p.contents = parse(content)
		clear(content)
	}
	return p
}
