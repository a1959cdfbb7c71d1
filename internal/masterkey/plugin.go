//go:build !sopssync

package masterkey

// The function is built with the tag sopssync, without this file: it has no plugins, and
// nobody to ask.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"golang.org/x/term"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// pluginTimeout bounds one run of a plugin for a person, who may have to look for a token,
// and pluginAlone one without anybody.
var (
	pluginTimeout = 2 * time.Minute
	pluginAlone   = 8 * time.Second
)

const (
	// maxRefusals is how often in a row a plugin may fail before it is not run any more: a
	// person would be asked for each file again.
	maxRefusals = 2
	// maxPluginText is how much of a plugin's own words is printed, in bytes.
	maxPluginText = 200
)

// pluginTurn holds a token while a plugin runs: there is one person, at one terminal.
var pluginTurn = make(chan struct{}, 1)

// asking is whether a plugin has the terminal.
var asking atomic.Bool

// Asking reports whether somebody is being asked on the terminal, which nothing else may
// write to then.
func Asking() bool { return asking.Load() }

// pluginIdentity is an identity of an age plugin: the program age-plugin-NAME.
type pluginIdentity struct {
	*plugin.Identity
	refused int   // how often in a row it failed; guarded by pluginTurn
	last    error // why
}

// plugins are the identities of age plugins, by their text: one that is in two places is
// asked once.
type plugins struct {
	mu     sync.Mutex
	byText map[string]*pluginIdentity
}

func (p *plugins) get(text string) (*pluginIdentity, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id := p.byText[text]; id != nil {
		return id, nil
	}
	id, err := newPlugin(text)
	if err != nil {
		return nil, err
	}
	if p.byText == nil {
		p.byText = map[string]*pluginIdentity{}
	}
	p.byText[text] = id
	return id, nil
}

// newPlugin returns the identity of an age plugin from its text, AGE-PLUGIN-NAME-1….
func newPlugin(text string) (*pluginIdentity, error) {
	id, err := plugin.NewIdentity(text, pluginUI())
	if err != nil {
		return nil, errUnknown
	}
	return &pluginIdentity{Identity: id}, nil
}

// open returns the data key that k wraps, errNoFit where it is for another identity, or why
// the plugin failed.
func (p *pluginIdentity) open(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	select {
	case pluginTurn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("not waited for: %w", ctx.Err())
	}
	defer func() { <-pluginTurn }()
	if p.refused >= maxRefusals {
		return nil, fmt.Errorf("%w; it was not asked again", p.last)
	}
	terminal := openTerminal()
	limit := pluginAlone
	if terminal != nil {
		limit = pluginTimeout
		asking.Store(true)
		defer asking.Store(false)
	}
	type outcome struct {
		key []byte
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		key, err := p.run(k)
		done <- outcome{key, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var key []byte
	var err error
	select {
	case o := <-done:
		terminal.close(false)
		if key, err = o.key, o.err; err == nil || err == errNoFit {
			p.refused = 0
			return key, err
		}
		p.refused++
	case <-timer.C: // it may still run, and ask
		terminal.close(true)
		err = fmt.Errorf("it did not end within %v", limit)
		p.refused = maxRefusals
	case <-ctx.Done():
		terminal.close(true)
		return nil, fmt.Errorf("not waited for: %w", ctx.Err())
	}
	p.last = p.explain(err, terminal != nil)
	return nil, p.last
}

// run runs the plugin.
func (p *pluginIdentity) run(k sopsfile.MasterKey) (key []byte, err error) {
	defer func() {
		if recover() != nil {
			key, err = nil, errors.New("it broke the protocol of age plugins")
		}
	}()
	asked := &askedPlugin{Identity: p.Identity}
	key, err = openAge(k, []age.Identity{asked})
	if asked.err != nil {
		return nil, asked.err
	}
	return key, err
}

// askedPlugin keeps why a plugin failed, which is no reason to doubt the file.
type askedPlugin struct {
	*plugin.Identity
	err error
}

// Unwrap implements [age.Identity].
func (p *askedPlugin) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	key, err := p.Identity.Unwrap(stanzas)
	if err != nil && !errors.Is(err, age.ErrIncorrectIdentity) {
		p.err = err
		return nil, age.ErrIncorrectIdentity
	}
	return key, err
}

// explain says why the plugin failed, and what it takes.
func (p *pluginIdentity) explain(err error, person bool) error {
	program := "age-plugin-" + p.Name()
	if _, ok := errors.AsType[*plugin.NotFoundError](err); ok {
		return fmt.Errorf("%s is not in the PATH; install it, or use another key", program)
	}
	text := strings.TrimPrefix(err.Error(), p.Name()+" plugin: ")
	text = fmt.Sprintf("%s failed: %s", program, filetext.Quote(text[:min(len(text), maxPluginText)]))
	if !person {
		text += "; a plugin may ask for a PIN or a touch, and there is nobody to ask here, since CI is set or there is no terminal: give this machine a KMS key, or an age identity without a plugin"
	}
	return errors.New(text)
}

// pluginUI lets a plugin ask on the terminal, and never on the standard input, which
// belongs to whoever started the app.
func pluginUI() *plugin.ClientUI {
	errNobody := errors.New("there is no terminal")
	say := func(format string, values ...any) {
		fmt.Fprintln(os.Stderr, printable("age: "+fmt.Sprintf(format, values...)))
	}
	ui := plugin.NewTerminalUI(say, say)
	value, confirm, wait := ui.RequestValue, ui.Confirm, ui.WaitTimer
	ui.RequestValue = func(name, prompt string, secret bool) (string, error) {
		if !hasTerminal() {
			return "", errNobody
		}
		return value(name, prompt, secret)
	}
	ui.Confirm = func(name, prompt, yes, no string) (bool, error) {
		if !hasTerminal() {
			return false, errNobody
		}
		return confirm(name, prompt, yes, no)
	}
	ui.WaitTimer = func(name string) {
		if hasTerminal() {
			wait(name)
		}
	}
	return ui
}

// printable returns text without characters that move a terminal's cursor.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return unicode.ReplacementChar
		}
		return c
	}, text)
}

// terminal is the terminal of the person at this machine.
type terminal struct {
	file  *os.File
	state *term.State
}

// openTerminal returns the terminal, or nil where there is none, or CI is set.
func openTerminal() *terminal {
	if os.Getenv("CI") != "" {
		return nil
	}
	path := "/dev/tty"
	if runtime.GOOS == "windows" {
		path = "CONIN$"
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	state, err := term.GetState(int(file.Fd()))
	if err != nil {
		_ = file.Close()
		return nil
	}
	return &terminal{file, state}
}

// close closes the terminal, which may be nil. With restore it shows again what is typed:
// a question for a PIN that nobody answered has turned that off.
func (t *terminal) close(restore bool) {
	if t == nil {
		return
	}
	if restore {
		_ = term.Restore(int(t.file.Fd()), t.state)
	}
	_ = t.file.Close()
}

func hasTerminal() bool {
	t := openTerminal()
	defer t.close(false)
	return t != nil
}
