package syncfunction

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// parameters are the parameters that one event is about.
type parameters struct {
	*task
	to *syncprotocol.Parameters
	// changed are the names that this event has written, tagged or removed.
	changed []string
	order   order
}

// wanted is one parameter as it is to be.
type wanted struct {
	name  string
	value plaintext.Text
	// held is what is there now, and owner whose it is; nil and nothing where there
	// is no such parameter, or where no tag was needed.
	held  *heldParameter
	owner ownership
}

// syncParameters makes the parameters what the file renders to, and removes those that
// the request before had and this one has not.
//
// All that can be refused is refused before the first write. Removal comes last. SSM
// has no compare-and-set: between the look at a tag and the write, and between two
// requests that overlap, the last write stays. A version that is not the next one after
// the one that was seen fails the request.
func (s *task) syncParameters(ctx context.Context, p syncprotocol.Properties) (map[string]string, error) {
	s.log = s.log.With("parameters", len(p.Target.Parameters.Names), "file", filetext.Short(p.File.Selection().String()))
	t := &parameters{task: s, to: p.Target.Parameters}
	var before *syncprotocol.Parameters
	if old, err := s.event.readOldProperties(); err == nil && s.event.requestType == requestUpdate {
		before = old.Target.Parameters
	}
	all, err := s.renderParameters(ctx, p)
	stay := errors.Is(err, errReplaced) && before != nil && slices.Equal(before.Names, t.to.Names)
	if err != nil && !stay {
		return nil, err
	}
	marked := t.to.Names[:1]
	if before != nil && len(before.Names) > 0 {
		marked = []string{marked[0], before.Names[0]}
	}
	if err := t.begin(ctx, marked...); err != nil {
		return nil, t.progress(err)
	}
	if stay { // and no request before this one changes them any more
		s.log.Warn("the parameters stay as they are", "reason", printable(err.Error()))
		err = nil
	} else {
		err = t.fill(ctx, all, before)
	}
	t.end(ctx, err)
	if err != nil {
		return nil, t.progress(err)
	}
	s.log.Info("parameters are what the file says", "changed", len(t.changed))
	return t.attributes(), nil
}

// attributes returns the resource's attributes.
func (t *parameters) attributes() map[string]string {
	return map[string]string{
		syncprotocol.AttrName: t.to.Names[0], syncprotocol.AttrArn: t.parameterARN(t.to.Names[0]),
		syncprotocol.AttrPath: strings.Trim(cmp.Or(t.to.Prefix, t.to.Names[0]), "/"),
	}
}

// fill writes all that differs, and then removes what is wanted no more.
func (t *parameters) fill(ctx context.Context, all []*wanted, before *syncprotocol.Parameters) error {
	if err := t.look(ctx, all, before); err != nil {
		return err
	}
	if err := t.write(ctx, all, before); err != nil {
		return err
	}
	if before == nil || before.Retain != "" || t.to.Retain != "" {
		return nil
	}
	var gone []string
	for _, name := range before.Names {
		if !slices.Contains(t.to.Names, name) {
			gone = append(gone, name)
		}
	}
	return t.remove(ctx, gone)
}

// maxListed bounds, in bytes, the names that a failure lists.
const maxListed = 2000

// progress says which names a failed request has changed.
func (t *parameters) progress(err error) error {
	if len(t.changed) == 0 {
		return fmt.Errorf("%w; no parameter was changed", err)
	}
	list := strings.Join(t.changed, ", ")
	if len(list) > maxListed {
		t.log.Error("parameters were changed before the failure", "names", t.changed)
		cut := strings.LastIndex(list[:maxListed], ", ")
		list = fmt.Sprintf("%s, and %d more, which the function's log names", list[:cut], len(t.changed)-strings.Count(list[:cut], ", ")-1)
	}
	return fmt.Errorf("%w; changed before that: %s", err, list)
}

// renderParameters decrypts the file and returns what lands. Its errors name the file.
func (s *task) renderParameters(ctx context.Context, p syncprotocol.Properties) ([]*wanted, error) {
	src, err := s.readSource(ctx, p.File)
	if err != nil {
		return nil, err
	}
	tree, err := s.decryptSource(ctx, src)
	if err != nil {
		return nil, err
	}
	all, err := s.parametersOf(tree, p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filetext.Quote(p.File.Selection().String()), err)
	}
	return all, nil
}

func (s *task) parametersOf(tree *sopsfile.Tree, p syncprotocol.Properties) ([]*wanted, error) {
	to := p.Target.Parameters
	s.at("rendering the file")
	list := make([]render.Parameter, 1)
	var err error
	if to.Prefix == "" {
		list[0], err = render.ForParameter(tree, p.Output, to.Names[0])
	} else {
		list, err = render.Parameters(tree, render.Naming{Prefix: to.Prefix, Separator: to.Separator, SkipEmpty: to.SkipEmpty != ""})
	}
	if err != nil {
		return nil, err
	}
	named := slices.EqualFunc(list, to.Names, func(p render.Parameter, name string) bool { return p.Name == name })
	if !named {
		return nil, errors.New("its parameters have other names than the template says: synthesize and deploy again, with the file that is deployed")
	}
	var all []*wanted
	for _, each := range list {
		if err := each.CheckTier(to.Tier); err != nil {
			return nil, err
		}
		all = append(all, &wanted{name: each.Name, value: each.Value})
	}
	return all, nil
}

// look reads what is there, and refuses what this resource may not write.
func (t *parameters) look(ctx context.Context, all []*wanted, before *syncprotocol.Parameters) error {
	t.at("looking at the parameters")
	names := make([]string, len(all))
	for i, w := range all {
		names[i] = w.name
	}
	// With another key than before, the function may no longer decrypt what is there,
	// and all of it is written again.
	rekeyed := before != nil && before.KeyID != t.to.KeyID
	held, err := t.get(ctx, names, !rekeyed)
	if err != nil {
		return err
	}
	for _, w := range all {
		if w.held = held[w.name]; w.held == nil {
			continue
		}
		if w.held.Type != secureString {
			return fmt.Errorf("the parameter %q is a %s, which cannot become a SecureString: remove it, or give this one another name", w.name, w.held.Type)
		}
		if w.same() && t.ours(before, w.name) && !t.changes(before) {
			continue
		}
		if w.owner, err = t.ownerOf(ctx, w.name); err != nil {
			return err
		}
		if rekeyed && w.owner.settings == t.settings(t.to) { // this request has written it, with the new key
			again, err := t.get(ctx, []string{w.name}, true)
			if err != nil {
				return err
			}
			if again[w.name] != nil {
				w.held = again[w.name]
			}
		}
		if t.to.Adopt != "" {
			continue
		}
		if !w.owner.known {
			return fmt.Errorf("the parameter %q exists, and no stack says that it owns it: to take it over, set Adopt; or remove it, or give this one another name", w.name)
		}
		if w.owner.stack != t.event.stackID {
			return fmt.Errorf("the parameter %q belongs to the stack %q (tag %s), which would change it back: give this one another name, or remove it there; if that stack is gone, set Adopt", w.name, w.owner.stack, syncprotocol.TagStack)
		}
	}
	return nil
}

// ours reports whether the request before had the name.
func (t *parameters) ours(before *syncprotocol.Parameters, name string) bool {
	return before != nil && slices.Contains(before.Names, name)
}

// changes reports whether anything but values differs from the request before.
func (t *parameters) changes(before *syncprotocol.Parameters) bool {
	return t.settings(t.to) != t.settings(before) || fmt.Sprint(t.to.Tags) != fmt.Sprint(before.Tags) // fmt sorts a map
}

func (w *wanted) same() bool {
	return w.held != nil && bytes.Equal([]byte(w.held.Value), w.value.Reveal())
}

// settings is a hash of what a write sets beside the value.
func (*parameters) settings(p *syncprotocol.Parameters) string {
	return hash(p.KeyID, p.Tier, p.Description)[:16]
}

// write writes every parameter that is not yet what it is to be, and tags it.
func (t *parameters) write(ctx context.Context, all []*wanted, before *syncprotocol.Parameters) error {
	for i, w := range all {
		t.at(fmt.Sprintf("writing the parameters, %d of %d", i, len(all)))
		switch {
		case w.held == nil:
			if err := t.create(ctx, w); err != nil {
				return err
			}
		case w.owner.looked:
			if err := t.overwrite(ctx, w, before); err != nil {
				return err
			}
		}
	}
	return nil
}

// overwrite claims a parameter first, so that nobody else removes it, and writes it
// where its value or what stands beside it differs.
func (t *parameters) overwrite(ctx context.Context, w *wanted, before *syncprotocol.Parameters) error {
	tags, drop := t.tags(), []string(nil)
	switch {
	case !t.owns(w.owner):
		resource := w.owner.resource
		if w.owner.stack != t.event.stackID {
			resource = "" // it is given back to nobody
		}
		tags[syncprotocol.TagPrevious] = fmt.Sprintf("%d/%s", w.held.Version, resource)
	case w.owner.previous != "" && t.event.requestType == requestUpdate:
		drop = append(drop, syncprotocol.TagPrevious)
	}
	if before != nil {
		for name := range before.Tags {
			if _, still := t.to.Tags[name]; !still {
				drop = append(drop, name)
			}
		}
	}
	write := !w.same() || w.owner.settings != t.settings(t.to)
	// The settings are tagged when they are written, or a failure between would hide them.
	delete(tags, syncprotocol.TagSettings)
	if t.leads(w.name) {
		maps.Copy(tags, t.ownMark())
	}
	changed, err := t.tag(ctx, w.name, tags, w.owner.tags, drop)
	if changed {
		t.note(w.name)
	}
	if err != nil {
		return err
	}
	if t.leads(w.name) {
		t.order.lead(w.name)
	}
	if !write {
		return nil
	}
	if err := t.put(ctx, w, w.held.Version, nil); err != nil {
		return err
	}
	_, err = t.tag(ctx, w.name, map[string]string{syncprotocol.TagSettings: t.settings(t.to)}, w.owner.tags, nil)
	return err
}

// tags are those that every parameter of the resource has.
func (t *parameters) tags() map[string]string {
	tags := map[string]string{
		syncprotocol.TagStack: t.event.stackID, syncprotocol.TagResource: t.event.logicalResourceID,
		syncprotocol.TagSettings: t.settings(t.to),
	}
	for name, value := range t.to.Tags {
		if _, own := tags[name]; !own {
			tags[name] = value
		}
	}
	return tags
}
