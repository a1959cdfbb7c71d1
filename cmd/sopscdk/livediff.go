package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// liveOptions say what of a file is compared with what is live.
type liveOptions struct {
	secret, parameters string
	output             render.Mode
	value              string
	naming             render.Naming
}

// diffWithSecret compares what of a file lands in a secret with the secret's current value.
func diffWithSecret(ctx context.Context, path string, format sopsfile.Format, o liveOptions) (*diffReport, error) {
	files := synthfile.New()
	defer files.Forget()
	file, err := openFile(files, path, format)
	if err != nil {
		return nil, err
	}
	content, err := file.Whole().Decrypt("").Content(o.rendered(file))
	if err != nil {
		return nil, err
	}
	secret, err := readSecret(ctx, o.secret)
	if err != nil {
		return nil, err
	}
	defer clear(secret.Text.Reveal())
	report := &diffReport{File: path, Old: "secret " + secret.arn, New: path, Difference: &synthfile.Difference{}}
	report.compare(secret.Content, content)
	if report.Empty() && report.Form == "" {
		return report, nil
	}
	for _, mode := range []render.Mode{render.Flat, render.Nested, render.Raw, render.Binary} {
		other, err := file.Whole().Decrypt("").Content(render.Output{Mode: mode})
		if err == nil && same(other, secret.Content) {
			report.Hint = fmt.Sprintf("the secret holds what --output %s renders", mode)
		}
	}
	return report, nil
}

// rendered is the output that the flags stand for: that of the constructs' default, or
// the content of a binary file.
func (o liveOptions) rendered(file *synthfile.File) render.Output {
	switch {
	case o.value != "":
		return render.Output{Mode: render.One, Value: o.value}
	case o.output == "" && file.Format() == sopsfile.Binary:
		return render.Output{Mode: render.Binary}
	}
	return render.Output{Mode: o.output}
}

func same(a, b render.Content) bool {
	return a.Binary == b.Binary && bytes.Equal(a.Text.Reveal(), b.Text.Reveal())
}

// compare fills the report with what differs between the value that is live and one that
// would land.
func (r *diffReport) compare(had, now render.Content) {
	if same(had, now) {
		return
	}
	old, oldNames, okOld := values(had)
	lands, names, okNew := values(now)
	if !okOld || !okNew {
		r.Changed = []string{render.Whole}
		return
	}
	for _, name := range names {
		if value, there := old[name]; !there {
			r.Added = append(r.Added, name)
		} else if value != lands[name] {
			r.Changed = append(r.Changed, name)
		}
	}
	for _, name := range oldNames {
		if _, still := lands[name]; !still {
			r.Removed = append(r.Removed, name)
		}
	}
	if r.Empty() {
		r.Form = "the same names and values in another form, such as their order, numbers as text, or spaces: a deploy writes it"
	}
}

// values returns the values of a JSON object by their names in flat JSON, with their text.
func values(c render.Content) (found map[string]string, names []string, ok bool) {
	if c.Binary {
		return nil, nil, false
	}
	d := json.NewDecoder(bytes.NewReader(c.Text.Reveal()))
	d.UseNumber()
	found = map[string]string{}
	w := jsonWalk{d, func(name, text string) {
		if _, twice := found[name]; !twice {
			names = append(names, name)
		}
		found[name] = text
	}}
	first, err := d.Token()
	if err != nil || first != json.Delim('{') || w.object("") != nil {
		return nil, nil, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, false
	}
	return found, names, true
}

// jsonWalk calls leaf for each value below a place.
type jsonWalk struct {
	*json.Decoder
	leaf func(name, text string)
}

func (w jsonWalk) object(at string) error {
	empty := true
	for ; w.More(); empty = false {
		key, err := w.Token()
		if err != nil {
			return err
		}
		name := fmt.Sprint(key)
		if at != "" {
			name = at + "." + name
		}
		if err := w.value(name); err != nil {
			return err
		}
	}
	if empty {
		w.leaf(at, "{}")
	}
	_, err := w.Token()
	return err
}

func (w jsonWalk) list(at string) error {
	n := 0
	for ; w.More(); n++ {
		if err := w.value(fmt.Sprintf("%s[%d]", at, n)); err != nil {
			return err
		}
	}
	if n == 0 {
		w.leaf(at, "[]")
	}
	_, err := w.Token()
	return err
}

func (w jsonWalk) value(at string) error {
	token, err := w.Token()
	switch {
	case err != nil:
		return err
	case token == json.Delim('{'):
		return w.object(at)
	case token == json.Delim('['):
		return w.list(at)
	case token == nil:
		w.leaf(at, "null")
	default:
		w.leaf(at, fmt.Sprint(token))
	}
	return nil
}

// diffWithParameters compares the parameters that a file makes with those that are live
// below the prefix.
func diffWithParameters(ctx context.Context, path string, format sopsfile.Format, o liveOptions) (*diffReport, error) {
	files := synthfile.New()
	defer files.Forget()
	if err := o.naming.Check(); err != nil {
		return nil, err
	}
	file, err := openFile(files, path, format)
	if err != nil {
		return nil, err
	}
	var wanted []render.Parameter
	err = file.Whole().Decrypt("").Check(func(t *sopsfile.Tree) (err error) {
		wanted, err = render.Parameters(t, o.naming)
		return err
	})
	if err != nil {
		return nil, err
	}
	prefix := strings.TrimSuffix(o.naming.Prefix, "/")
	held, err := readParameters(ctx, prefix)
	if err != nil {
		return nil, err
	}
	report := &diffReport{File: path, Old: "parameters " + prefix, New: path, Difference: &synthfile.Difference{}}
	old := map[string]liveParameter{}
	for _, p := range held {
		old[p.Name] = p
	}
	for _, p := range wanted {
		had, there := old[p.Name]
		delete(old, p.Name)
		switch {
		case !there:
			report.Added = append(report.Added, p.Name)
		case had.Value != string(p.Value.Reveal()):
			report.Changed = append(report.Changed, p.Name)
		}
		if there && had.Type != "SecureString" {
			report.Settings = append(report.Settings, synthfile.Setting{Name: "type of " + shown(p.Name), Old: had.Type, New: "SecureString"})
		}
	}
	for _, p := range held {
		if _, extra := old[p.Name]; extra {
			report.Removed = append(report.Removed, p.Name)
		}
	}
	return report, nil
}
