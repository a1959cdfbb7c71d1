package syncfunction

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// removeParameters does what a Delete asks for: it removes the parameters that carry
// the resource's own tag, and gives back those that it has taken over and that no
// update has confirmed since. The physical id does not count, since that of a Create
// that was never answered is not ours.
func (s *task) removeParameters(ctx context.Context, to *syncprotocol.Parameters) error {
	if to.Retain == syncprotocol.RetainAlways {
		s.log.Info("nothing to do: the parameters stay")
		return nil
	}
	t := &parameters{task: s, to: to}
	err := t.begin(ctx, to.Names[:min(1, len(to.Names))]...)
	if errors.Is(err, errSuperseded) {
		s.log.Info("nothing to do: the parameters belong to a later request")
		return nil
	}
	if err == nil {
		err = t.remove(ctx, to.Names)
		t.end(ctx, err)
	}
	if err != nil {
		return t.progress(err)
	}
	s.log.Info("parameters removed", "changed", len(t.changed))
	return nil
}

// remove removes those of names that are the resource's own. The function's rights may
// name them no more: it may list the tags of any parameter, and the rest is allowed by
// the tag of the stack.
func (t *parameters) remove(ctx context.Context, names []string) error {
	t.at("removing parameters")
	var own []string
	for _, name := range names {
		owner, err := t.ownerOf(ctx, name)
		switch {
		case err != nil:
			return err
		case owner.stack != t.event.stackID:
			if owner.known {
				t.log.Info("a parameter of another owner stays", "name", name)
			}
		case owner.resource != t.event.logicalResourceID:
			// Its new owner was to give it back to this resource if it was rolled back.
			if _, previous, _ := strings.Cut(owner.previous, "/"); previous == t.event.logicalResourceID {
				if err := t.untag(ctx, name, []string{syncprotocol.TagPrevious}); err != nil {
					return err
				}
			}
			t.log.Info("a parameter of another resource stays", "name", name)
		case owner.previous != "":
			if err := t.giveBack(ctx, name, owner); err != nil {
				return err
			}
		default:
			own = append(own, name)
		}
	}
	for len(own) > 0 {
		n := min(len(own), parameterBatch)
		if err := t.call(ctx, "DeleteParameters", own[0], map[string]any{"Names": own[:n]}, nil); err != nil {
			return err
		}
		t.order.removed = time.Now()
		for _, name := range own[:n] {
			t.note(name)
		}
		own = own[n:]
	}
	return nil
}

// giveBack restores the value that a parameter had when it was taken over, and the tag
// of its owner then.
func (t *parameters) giveBack(ctx context.Context, name string, owner ownership) error {
	version, resource, _ := strings.Cut(owner.previous, "/")
	now, err := t.read(ctx, name, name, false)
	if err != nil {
		return err
	}
	if seen, err := strconv.ParseInt(version, 10, 64); err == nil && seen < now.Version {
		then, err := t.read(ctx, name, name+":"+version, true)
		if err != nil {
			return err
		}
		if now, err = t.read(ctx, name, name, true); err != nil {
			return err
		}
		if then.Value != now.Value {
			if err := t.put(ctx, &wanted{name: name, value: plaintext.New([]byte(then.Value))}, now.Version, nil); err != nil {
				return err
			}
		}
	}
	t.order.marked = slices.DeleteFunc(t.order.marked, func(marked string) bool { return marked == name })
	t.note(name)
	if resource != "" {
		if err := t.addTags(ctx, name, map[string]string{syncprotocol.TagResource: resource}); err != nil {
			return err
		}
		return t.untag(ctx, name, []string{syncprotocol.TagPrevious, syncprotocol.TagRequest})
	}
	return t.untag(ctx, name, []string{syncprotocol.TagStack, syncprotocol.TagResource, syncprotocol.TagPrevious, syncprotocol.TagSettings, syncprotocol.TagRequest})
}
