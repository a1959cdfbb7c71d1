package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

const (
	secureString = "SecureString"
	// parameterBatch is how many names GetParameters and DeleteParameters take.
	parameterBatch = 10
	// deletedWindow is how long SSM may remember a parameter that was deleted: its
	// reference asks for 30 seconds before the name is made again.
	deletedWindow = 40 * time.Second
)

// heldParameter is a parameter as GetParameters returns it. Value is "" where it was not
// decrypted.
type heldParameter struct {
	Name, Type, Value string
	Version           int64
}

// ownership is what the tags of a parameter say.
type ownership struct {
	looked   bool // the tags were read
	known    bool // there is an owner
	stack    string
	resource string
	previous string
	settings string
	tags     map[string]string
}

// call calls an action of SSM, which takes about three writes a second over the whole
// account: while it throttles, the call is tried again until the deadline. A deadline that
// passes in a later try does not hide that it throttled.
func (t *parameters) call(ctx context.Context, action, name string, in, out any) error {
	var throttled error
	pause := firstPause
	for {
		err := t.retryUnlessThrottled(ctx, action, in, out)
		if err == nil {
			return nil
		}
		if throttled != nil && ctx.Err() != nil {
			return t.refusedParameter(ctx, action, name, throttled)
		}
		wait := pause + time.Duration(rand.Int64N(int64(pause/2)))
		deadline, _ := ctx.Deadline()
		if awserror.Throttled(err) && time.Until(deadline) > wait+lastTry && sleep(ctx, wait) == nil {
			throttled, pause = err, min(2*pause, 2*time.Second)
			continue
		}
		return t.refusedParameter(ctx, action, name, err)
	}
}

// retryUnlessThrottled is [task.retry] of one call. A throttled call has another
// patience.
func (t *parameters) retryUnlessThrottled(ctx context.Context, action string, in, out any) error {
	var throttled error
	err := t.retry(ctx, "call "+action, func() error {
		ctx := ctx
		if writes(action) {
			if err := t.inOrder(ctx); err != nil {
				return err
			}
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, writeTry)
			defer cancel()
		}
		err := t.clients.Parameters.Call(ctx, action, in, out)
		if throttled = nil; err != nil && awserror.Throttled(err) {
			throttled = err
			return nil
		}
		return err
	})
	if err == nil {
		err = throttled
	}
	return err
}

// writes reports whether an action changes anything.
func writes(action string) bool {
	return !strings.HasPrefix(action, "Get") && !strings.HasPrefix(action, "List")
}

// refusedParameter explains why an action failed. SSM's own message is quoted for
// quotable codes alone: others may quote the value.
func (t *parameters) refusedParameter(ctx context.Context, action, name string, err error) error {
	if _, explained := errors.AsType[*parameterError](err); explained || errors.Is(err, errSuperseded) {
		return err
	}
	if !awserror.Answered(err) {
		return unanswered(ctx, fmt.Sprintf("ssm:%s on %q", action, name), "SSM", err)
	}
	code, message := awserror.Code(err), awserror.Message(err)
	var said string
	switch {
	case code == "InvalidKeyId", awserror.Denied(err) && (strings.Contains(message, "kms:") || strings.Contains(message, "ciphertext")):
		said = "its KMS key refuses; see that the key is enabled, and allow the function's role kms:Encrypt and kms:Decrypt on it, with kms:ViaService for SSM"
	case awserror.Denied(err):
		said = "access denied: allow the function's role this action on " + t.parameterARN(name)
	case code == "ParameterMaxVersionLimitExceeded":
		said = "it has 100 versions, and the oldest has a label: remove that label (aws ssm unlabel-parameter-version), or the parameter"
	case code == "ParameterLimitExceeded":
		said = "the account has as many parameters as its quota allows; have it raised, or remove some"
	case awserror.Throttled(err):
		said = "SSM refuses more requests for now (throttling), until the function's deadline; deploy again, at another time than other writers, or raise SSM's throughput"
	}
	if said == "" {
		said = code
	}
	return &parameterError{fmt.Sprintf("ssm:%s on %q failed: %s", action, name, said), err}
}

// parameterError is a refusal in our words. It wraps what SSM said.
type parameterError struct {
	text string
	said error
}

func (e *parameterError) Error() string { return e.text }
func (e *parameterError) Unwrap() error { return e.said }

// get returns those of the parameters that are there, with their values if decrypted.
func (t *parameters) get(ctx context.Context, names []string, decrypted bool) (map[string]*heldParameter, error) {
	held := map[string]*heldParameter{}
	for len(names) > 0 {
		n := min(len(names), parameterBatch)
		var out struct{ Parameters []*heldParameter }
		if err := t.call(ctx, "GetParameters", names[0], map[string]any{"Names": names[:n], "WithDecryption": decrypted}, &out); err != nil {
			return nil, err
		}
		for _, p := range out.Parameters {
			if !decrypted {
				p.Value = "" // it is a ciphertext
			}
			held[p.Name] = p
		}
		names = names[n:]
	}
	return held, nil
}

// ownerOf reads the tags of a parameter. One that is not there has no owner.
func (t *parameters) ownerOf(ctx context.Context, name string) (ownership, error) {
	var out struct{ TagList []struct{ Key, Value string } }
	in := map[string]any{"ResourceType": "Parameter", "ResourceId": name}
	o := ownership{looked: true, tags: map[string]string{}}
	if err := t.call(ctx, "ListTagsForResource", name, in, &out); awserror.Code(err) == "InvalidResourceId" {
		return o, nil
	} else if err != nil {
		return ownership{}, err
	}
	for _, tag := range out.TagList {
		o.tags[tag.Key] = tag.Value
	}
	o.stack, o.resource = o.tags[syncprotocol.TagStack], o.tags[syncprotocol.TagResource]
	o.previous, o.settings = o.tags[syncprotocol.TagPrevious], o.tags[syncprotocol.TagSettings]
	o.known = o.stack != ""
	return o, nil
}

// create makes a parameter, with its tags, unless there is one of the name. What was
// not there a moment ago and cannot be made is either another's, which is looked at, or
// was deleted just now, which passes.
func (t *parameters) create(ctx context.Context, w *wanted) error {
	if err := t.awaitRecreation(ctx); err != nil {
		return err
	}
	tags := t.tags()
	if t.leads(w.name) {
		maps.Copy(tags, t.ownMark())
	}
	end := time.Now().Add(deletedWindow)
	for {
		err := t.put(ctx, w, 0, tags)
		if err == nil && t.leads(w.name) {
			t.order.lead(w.name)
		}
		if awserror.Code(err) != "ParameterAlreadyExists" {
			return err
		}
		if err := t.look(ctx, []*wanted{w}, nil); err != nil {
			return err
		}
		if w.held != nil {
			return t.overwrite(ctx, w, nil)
		}
		t.at("waiting until a parameter that was deleted can be made again")
		if time.Now().After(end) || sleep(ctx, 2*time.Second) != nil {
			return fmt.Errorf("%w: it is neither there nor can it be made; it was deleted less than 30 seconds ago, so deploy again", err)
		}
	}
}

// put writes a parameter over the version seen, or makes it, for 0.
func (t *parameters) put(ctx context.Context, w *wanted, seen int64, tags map[string]string) error {
	in := map[string]any{"Name": w.name, "Value": string(w.value.Reveal()), "Type": secureString, "Tier": t.tier(w)}
	if t.to.Description != "" || seen > 0 {
		in["Description"] = t.to.Description
	}
	if t.to.KeyID != "" {
		in["KeyId"] = t.to.KeyID
	}
	if seen > 0 {
		in["Overwrite"] = true
	} else {
		in["Tags"] = tagList(tags)
	}
	var out struct{ Version int64 }
	err := t.call(ctx, "PutParameter", w.name, in, &out)
	if err != nil && t.to.Tier == "" && in["Tier"] == render.TierStandard && advancedAlready(err) {
		in["Tier"] = render.TierAdvanced
		err = t.call(ctx, "PutParameter", w.name, in, &out)
	}
	switch {
	case err != nil && advancedAlready(err):
		return fmt.Errorf("the parameter %q is of the tier Advanced, which never becomes Standard: leave Tier out, or remove the parameter", w.name)
	case err != nil:
		return err
	}
	t.note(w.name)
	if seen > 0 && out.Version > seen+1 && !t.wroteBefore(ctx, w, out.Version-1) {
		return fmt.Errorf("the parameter %q was at version %d and is at %d: something else writes it at the same time; deploy again to make the file's value current", w.name, seen, out.Version)
	}
	return nil
}

// wroteBefore reports whether the version before the one just written holds the same: that
// is then a try of this request whose answer was lost, or another delivery of it.
func (t *parameters) wroteBefore(ctx context.Context, w *wanted, version int64) bool {
	before, err := t.read(ctx, w.name, fmt.Sprintf("%s:%d", w.name, version), true)
	return err == nil && before.Value == string(w.value.Reveal())
}

// read returns a parameter at a version of it, or, for its name alone, at the last one.
func (t *parameters) read(ctx context.Context, name, at string, decrypted bool) (heldParameter, error) {
	var out struct{ Parameter heldParameter }
	err := t.call(ctx, "GetParameter", name, map[string]any{"Name": at, "WithDecryption": decrypted}, &out)
	return out.Parameter, err
}

// note notes that a parameter was changed.
func (t *parameters) note(name string) {
	if !slices.Contains(t.changed, name) {
		t.changed = append(t.changed, name)
	}
}

// tier returns the tier that a value needs.
func (t *parameters) tier(w *wanted) string {
	switch {
	case t.to.Tier != "":
		return t.to.Tier
	case w.value.Len() > render.StandardParameter:
		return render.TierAdvanced
	}
	return render.TierStandard
}

// advancedAlready reports whether SSM refuses to make an advanced parameter a standard
// one. It has no code of its own for that.
func advancedAlready(err error) bool {
	return awserror.Code(err) == "ValidationException" && strings.Contains(awserror.Message(err), "downgrade")
}

// tag adds those of tags that a parameter does not have, removes those of drop that it
// has, and reports whether there were any.
func (t *parameters) tag(ctx context.Context, name string, tags, has map[string]string, drop []string) (changed bool, err error) {
	missing := map[string]string{}
	for key, value := range tags {
		if now, ok := has[key]; !ok || now != value {
			missing[key] = value
		}
	}
	if len(missing) > 0 {
		if err := t.addTags(ctx, name, missing); err != nil {
			return false, err
		}
		changed = true
	}
	drop = slices.DeleteFunc(slices.Clone(drop), func(key string) bool { _, there := has[key]; return !there })
	if len(drop) > 0 {
		return true, t.untag(ctx, name, drop)
	}
	return changed, nil
}

func (t *parameters) addTags(ctx context.Context, name string, tags map[string]string) error {
	return t.call(ctx, "AddTagsToResource", name, map[string]any{"ResourceType": "Parameter", "ResourceId": name, "Tags": tagList(tags)}, nil)
}

func (t *parameters) untag(ctx context.Context, name string, keys []string) error {
	return t.call(ctx, "RemoveTagsFromResource", name, map[string]any{"ResourceType": "Parameter", "ResourceId": name, "TagKeys": keys}, nil)
}

// tagList returns tags as SSM takes them.
func tagList(tags map[string]string) []map[string]string {
	var list []map[string]string
	for key, value := range tags {
		list = append(list, map[string]string{"Key": key, "Value": value})
	}
	return list
}
