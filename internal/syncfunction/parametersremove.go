package syncfunction

import (
	"context"
	"strconv"
	"strings"

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
	if err := t.remove(ctx, to.Names); err != nil {
		return t.progress(err)
	}
	s.log.Info("parameters removed", "changed", len(t.changed))
	return nil
}

// remove removes those of names that are the resource's own.
func (t *parameters) remove(ctx context.Context, names []string) error {
	t.at("removing parameters")
	held, err := t.get(ctx, names, false) // a key that is gone must not keep them
	if err != nil {
		return err
	}
	var own []string
	for _, name := range names {
		if held[name] == nil {
			continue
		}
		owner, err := t.ownerOf(ctx, name)
		switch {
		case err != nil:
			return err
		case owner.stack != t.event.stackID:
			t.log.Info("a parameter of another owner stays", "name", name)
		case owner.resource != t.event.logicalResourceID:
			// Its new owner was to give it back to this resource if it was rolled back.
			if _, previous, _ := strings.Cut(owner.previous, "/"); previous == t.event.logicalResourceID {
				if err := t.untag(ctx, name, []string{syncprotocol.TagPrevious}); err != nil {
					return err
				}
			}
			t.log.Info("a parameter of another resource stays", "name", name)
		case owner.previous != "":
			if err := t.giveBack(ctx, name, owner, held[name]); err != nil {
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
		t.changed = append(t.changed, own[:n]...)
		own = own[n:]
	}
	return nil
}

// giveBack restores the value that a parameter had when it was taken over, and the tag
// of its owner then.
func (t *parameters) giveBack(ctx context.Context, name string, owner ownership, now *heldParameter) error {
	version, resource, _ := strings.Cut(owner.previous, "/")
	if seen, err := strconv.ParseInt(version, 10, 64); err == nil && seen < now.Version {
		values := map[string]string{}
		for _, at := range []string{name + ":" + version, name} {
			var out struct{ Parameter heldParameter }
			if err := t.call(ctx, "GetParameter", name, map[string]any{"Name": at, "WithDecryption": true}, &out); err != nil {
				return err
			}
			values[at] = out.Parameter.Value
		}
		if then := values[name+":"+version]; then != values[name] {
			if err := t.put(ctx, &wanted{name: name, value: plaintext.New([]byte(then))}, now.Version, nil); err != nil {
				return err
			}
		}
	}
	if resource != "" {
		if err := t.tag(ctx, name, map[string]string{syncprotocol.TagResource: resource}, nil, nil); err != nil {
			return err
		}
		return t.untag(ctx, name, []string{syncprotocol.TagPrevious})
	}
	return t.untag(ctx, name, []string{syncprotocol.TagStack, syncprotocol.TagResource, syncprotocol.TagPrevious, syncprotocol.TagSettings})
}
