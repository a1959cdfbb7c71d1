package syncfunction

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

const (
	// orderInterval is how old the last look at the marks may be when something is
	// written, and writeTry how long one try of a write may take. After both together,
	// a request that was running when a later one left its mark writes no more.
	orderInterval = time.Second
	writeTry      = 4 * time.Second
	orderSettled  = orderInterval + writeTry
	// recreateAfter is how long SSM asks to wait between the removal of a parameter
	// and another one of its name: DeleteParameter in its API reference.
	recreateAfter = 30 * time.Second
)

// mark is what a request leaves in the tag [syncprotocol.TagRequest] of a parameter, for
// the requests of the same resource before and after it.
//
// CloudFormation may send a request while an earlier one still runs: when another
// resource fails, it cancels those that are being updated, and rolls them back at once.
// The earlier one finds the later one's mark, and writes no more. The later one finds
// the mark of one that may still run, and waits until that has seen its own.
type mark struct {
	id      string // the request's [event.versionID]
	ended   bool
	removed time.Time // when the last parameters were removed
}

func (m mark) String() string {
	switch {
	case !m.ended:
		return m.id
	case m.removed.IsZero():
		return m.id + " done"
	}
	return m.id + " " + m.removed.UTC().Format(dateLayout)
}

// readMark reads the text of a mark. What nobody wrote so is the mark of no request.
func readMark(text string) mark {
	id, end, ended := strings.Cut(text, " ")
	removed, _ := time.Parse(dateLayout, end)
	return mark{id, ended, removed}
}

// order is how one request stands among the others of its resource.
type order struct {
	// marked are the parameters that carry this request's mark: the first one of the
	// request, and the first one of the request before, which both know.
	marked []string
	looked time.Time
	// removed is when parameters were last removed, by this request or the one before.
	removed time.Time
}

// lead notes that a parameter carries this request's mark.
func (o *order) lead(name string) {
	if !slices.Contains(o.marked, name) {
		o.marked = append(o.marked, name)
	}
}

// errSuperseded says that a later request of the resource has come.
var errSuperseded = errors.New("superseded by a later request for this resource, which CloudFormation sent since")

// ownMark is the tag of this request while it runs; none where no date says the order.
func (t *parameters) ownMark() map[string]string {
	if t.event.issued() == "" {
		return nil
	}
	return map[string]string{syncprotocol.TagRequest: mark{id: t.event.versionID()}.String()}
}

// leads reports whether a parameter is the one that carries marks, once it is the
// resource's and requests have an order.
func (t *parameters) leads(name string) bool {
	return name == t.to.Names[0] && t.event.issued() != ""
}

// owns reports whether a parameter is this resource's.
func (t *parameters) owns(o ownership) bool {
	return o.stack == t.event.stackID && o.resource == t.event.logicalResourceID
}

// begin leaves this request's mark on those of names that are the resource's own, and
// waits where a request that is marked may still write. A Delete leaves a mark only
// where it waits.
func (t *parameters) begin(ctx context.Context, names ...string) error {
	own := t.ownMark()
	if own == nil {
		return nil
	}
	wait := false
	t.order.looked = time.Now()
	for _, name := range slices.Compact(names) {
		owner, err := t.ownerOf(ctx, name)
		if err != nil {
			return err
		}
		if !t.owns(owner) {
			continue
		}
		there := readMark(owner.tags[syncprotocol.TagRequest])
		if there.removed.After(t.order.removed) {
			t.order.removed = there.removed
		}
		stands := compare(there.id, t.event.versionID())
		if stands == later {
			return errSuperseded
		}
		runs := there.id != "" && !there.ended && stands != mine
		wait = wait || runs
		if t.event.requestType == requestDelete && !runs {
			continue
		}
		if _, err := t.tag(ctx, name, own, owner.tags, nil); err != nil {
			return err
		}
		t.order.lead(name)
	}
	if !wait {
		return nil
	}
	t.at("waiting until an earlier request has stopped")
	t.log.Info("an earlier request may still run: waiting until it has seen this one")
	if err := sleep(ctx, orderSettled); err != nil {
		return t.tooLate()
	}
	return nil
}

// inOrder returns errSuperseded where the marks of this request are gone.
func (t *parameters) inOrder(ctx context.Context) error {
	if len(t.order.marked) == 0 || time.Since(t.order.looked) < orderInterval {
		return nil
	}
	t.order.looked = time.Now()
	for _, name := range t.order.marked {
		owner, err := t.ownerOf(ctx, name)
		if err != nil {
			return err
		}
		there := readMark(owner.tags[syncprotocol.TagRequest])
		switch stands := compare(there.id, t.event.versionID()); {
		case stands == mine:
		case there.id != "" && stands == older: // it saw no mark of ours when it left its own
			if err := t.addTags(ctx, name, t.ownMark()); err != nil {
				return err
			}
		default: // a later request has left its own, or has removed the parameter
			return errSuperseded
		}
	}
	return nil
}

// end says in the marks that this request writes no more. That it cannot is no failure:
// the next request then waits.
func (t *parameters) end(ctx context.Context, failure error) {
	if len(t.order.marked) == 0 || errors.Is(failure, errSuperseded) || t.inOrder(ctx) != nil {
		return
	}
	last := mark{id: t.event.versionID(), ended: true}
	if time.Since(t.order.removed) < recreateAfter {
		last.removed = t.order.removed
	}
	for _, name := range t.order.marked {
		if err := t.addTags(ctx, name, map[string]string{syncprotocol.TagRequest: last.String()}); err != nil {
			t.log.Warn("the end of the request could not be noted", "code", failureCode(err))
		}
	}
}

// awaitRecreation waits until SSM takes a name that was removed a moment ago: which
// names were is not known.
func (t *parameters) awaitRecreation(ctx context.Context) error {
	left := time.Until(t.order.removed.Add(recreateAfter))
	if left <= 0 {
		return nil
	}
	t.at("waiting until a parameter that was removed can be made again")
	t.log.Info("parameters were removed a moment ago: waiting until one can be made again", "milliseconds", left.Milliseconds())
	if sleep(ctx, left) != nil {
		return t.tooLate()
	}
	return nil
}
