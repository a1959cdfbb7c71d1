package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

func newImport() *cobra.Command {
	var secret, sops string
	c := &cobra.Command{
		Use:   "import --secret NAME FILE [-- SOPS-FLAG...]",
		Short: "Make a SOPS file of a secret as it is now",
		Long: "Reads the secret's current value and has the sops command encrypt it, by its standard input,\n" +
			"into a new file. The value is never on the disk. What comes behind \"--\" goes to sops encrypt,\n" +
			"such as --age or --kms; without it the master keys are those of .sops.yaml.\n\n" +
			"A value that is a JSON object goes into a file that ends in .json, .yaml, .env or .ini, and any\n" +
			"other into a binary file: one with another ending.\n\n" +
			"Before the file is written, it is decrypted and compared with the secret. import then names the\n" +
			"Output with which a deploy changes nothing. A file that would change a value is not written.",
		Example: "  sopscdk import --secret dev/app sops/app.sops.json\n  sopscdk import --secret dev/app app.sops.yaml -- --kms arn:aws:kms:eu-west-1:111122223333:alias/app",
		RunE: func(c *cobra.Command, args []string) error {
			dash := c.ArgsLenAtDash()
			if dash < 0 {
				dash = len(args)
			}
			switch {
			case dash != 1:
				return usagef("import makes one file of one secret; %d are named", dash)
			case secret == "":
				return usagef("--secret says what to import")
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop) // a second interrupt ends it at once
			i := &importing{ctx: ctx, sops: sops, flags: args[dash:], path: args[0]}
			if err := i.run(secret); err != nil {
				return err
			}
			p := &printer{w: c.OutOrStdout()}
			i.text(p)
			return p.err
		},
	}
	c.Flags().StringVar(&secret, "secret", "", "the `NAME` or ARN of the secret")
	c.Flags().StringVar(&sops, "sops", "sops", "the sops `COMMAND`, 3.9 or newer")
	return c
}

// importing is a secret on its way into a file.
type importing struct {
	ctx   context.Context
	sops  string
	flags []string
	path  string

	from   *liveSecret
	file   *synthfile.File
	output render.Mode
	// form says that the same values will land in another form.
	form bool
	// unverified is why the file was not decrypted.
	unverified error
}

func (i *importing) run(secret string) error {
	// Before the secret is read: nothing is overwritten, and sops is there.
	if _, err := os.Lstat(i.path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already, and import overwrites nothing; remove it, or name another file", shown(i.path))
	}
	if info, err := os.Stat(filepath.Dir(i.path)); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s for the file", shown(filepath.Dir(i.path)))
	}
	command, err := exec.LookPath(i.sops)
	if err != nil {
		return fmt.Errorf("there is no command %s; install sops, or name it with --sops", filetext.Quote(i.sops))
	}
	if command, err = filepath.Abs(command); err != nil {
		return err
	}
	if i.from, err = readSecret(i.ctx, secret); err != nil {
		return err
	}
	defer clear(i.from.Text.Reveal())
	format := sopsfile.FormatOf(i.path)
	if err := i.fits(format); err != nil {
		return err
	}
	content, err := i.encrypt(command, format)
	if err != nil {
		return err
	}
	files := synthfile.New()
	defer files.Forget()
	if i.file, err = files.Parse(i.path, content, format); err != nil {
		return fmt.Errorf("what sops wrote cannot be used: %w", err)
	}
	if err := i.verify(); err != nil {
		return err
	}
	return create(i.ctx, i.path, content)
}

// errStopped says that the user interrupted it.
var errStopped = errors.New("stopped; no file was written")

// maxWait is how long the programs that sops started may keep its output open.
const maxWait = 2 * time.Second

// fits returns an error where a file of the format cannot hold the secret's value.
func (i *importing) fits(format sopsfile.Format) error {
	_, names, isObject := values(i.from.Content)
	switch {
	case format == sopsfile.Binary:
		return nil
	case !isObject:
		return fmt.Errorf("the value of %s is no JSON object, and a %s file holds names; name a binary file, such as %s", filetext.Quote(i.from.arn), format, shown(strings.TrimSuffix(i.path, filepath.Ext(i.path))))
	case len(names) == 1 && names[0] == "":
		return fmt.Errorf("the value of %s is an empty object, which holds nothing to encrypt", filetext.Quote(i.from.arn))
	}
	return nil
}

// encrypt has sops encrypt the value. It gets it by a pipe, and the file's name for the
// rules of .sops.yaml alone.
func (i *importing) encrypt(command string, format sopsfile.Format) ([]byte, error) {
	args := []string{"encrypt", "--filename-override", filepath.Base(i.path)}
	if format != sopsfile.Binary {
		args = append(args, "--input-type", "json")
	}
	cmd := exec.CommandContext(i.ctx, command, append(args, i.flags...)...)
	cmd.Dir = filepath.Dir(i.path)
	cmd.Stdin = bytes.NewReader(i.from.Text.Reveal())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.WaitDelay = maxWait
	out, err := cmd.Output()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) { // sops itself has ended well
		return out, nil
	}
	if i.ctx.Err() != nil {
		return nil, errStopped
	}
	return nil, fmt.Errorf("sops encrypt: %w: %s; no file was written", err, i.said(stderr.String()))
}

// said returns what sops said, unless a value of the secret stands there.
func (i *importing) said(text string) string {
	found, _, isObject := values(i.from.Content)
	if !isObject {
		found = map[string]string{"": string(i.from.Text.Reveal())}
	}
	for _, value := range found {
		if slices.ContainsFunc(forms(value), func(form string) bool { return len(form) > 2 && strings.Contains(text, form) }) {
			return "(its message is not shown, since it quotes a value)"
		}
	}
	return filetext.Message(strings.TrimSpace(text))
}

// forms are those in which a message can quote a value: as it is, a line of it, with escapes as
// in Go and in JSON, and in base64.
func forms(value string) []string {
	quoted := strconv.Quote(value)
	escaped, _ := json.Marshal(value) // a string has no error
	all := []string{value, quoted[1 : len(quoted)-1], string(escaped[1 : len(escaped)-1]), base64.StdEncoding.EncodeToString([]byte(value))}
	for line := range strings.Lines(value) {
		all = append(all, strings.TrimSpace(line))
	}
	return all
}

// verify decrypts the file and finds the output that gives the secret's value.
func (i *importing) verify() error {
	opening := i.file.Whole().Decrypt("")
	if _, err := opening.Tree(); errors.Is(err, synthfile.ErrNoKey) {
		i.unverified = err
		return nil
	} else if err != nil {
		return err
	}
	modes := []render.Mode{render.Flat, render.Nested, render.Raw}
	if i.file.Format() == sopsfile.Binary {
		modes = []render.Mode{render.Binary, render.Raw}
	}
	var closest *diffReport
	for _, mode := range modes {
		content, err := opening.Content(render.Output{Mode: mode})
		if err != nil {
			continue
		}
		if same(content, i.from.Content) {
			i.output, i.form = mode, false
			return nil
		}
		report := &diffReport{Difference: &synthfile.Difference{}}
		report.compare(i.from.Content, content)
		if report.Form != "" && !i.form {
			i.form, i.output = true, mode
		}
		if closest == nil || len(report.Changed)+len(report.Added)+len(report.Removed) < len(closest.Changed)+len(closest.Added)+len(closest.Removed) {
			closest = report
		}
	}
	if i.form {
		return nil
	}
	changes := "all of it"
	if closest != nil {
		changes = list(append(append(closest.Changed, closest.Added...), closest.Removed...))
	}
	return fmt.Errorf("sops would change values of the secret (%s), so no file was written; a binary file keeps every byte: name one, such as %s",
		changes, shown(strings.TrimSuffix(i.path, filepath.Ext(i.path))))
}

// constructOutputs are outputs by the names that the constructs give them.
var constructOutputs = map[render.Mode]string{
	render.Flat: "OutputFlatJSON", render.Nested: "OutputNestedJSON", render.Raw: "OutputRaw", render.Binary: "OutputBinary",
}

func (i *importing) text(p *printer) {
	p.f("wrote %s from the secret %s\n", shown(i.path), shown(i.from.arn))
	switch {
	case i.unverified != nil:
		p.f("not compared with the secret, since no key opens the file here: %s\n", filetext.Message(i.unverified.Error()))
	case i.form:
		p.f("a deploy with %s keeps every name and value, and writes them in another form than now\n", constructOutputs[i.output])
	default:
		p.f("a deploy with %s changes nothing: the file was decrypted, and gives the same bytes\n", constructOutputs[i.output])
	}
}

// create writes a new file, or none, also where the user has interrupted what went before.
func create(ctx context.Context, path string, content []byte) error {
	if ctx.Err() != nil {
		return errStopped
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(path)
	}
	return err
}
