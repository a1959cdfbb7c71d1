package sopsfile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// hedgeAfter is how long a key may take before the next one is asked beside it.
	hedgeAfter = time.Second
	// callLimit is how long one key may take at all, STS and KMS together.
	callLimit = 10 * time.Second
)

var (
	errNotRead  = errors.New("keys of this type are not read here, only kms and age")
	errNotTried = errors.New("not tried")
	errNotShare = errors.New("what it unwraps is not a share of this file's data key")
	errNoFit    = errors.New("its share does not fit the others")
	errNoAnswer = errors.New("no answer within 10 seconds")
)

// unlocker gets the data key of one file. Groups run side by side. In each, the
// keys are candidates in the unwrapper's order: one that fails, or that has no
// answer after hedgeAfter, starts the next. A share that opens nothing makes its
// group go on, too.
type unlocker struct {
	meta    *Metadata
	u       Unwrapper
	groups  []groupState
	answers chan answer
	shares  *shares
}

// groupState is how far one group is.
type groupState struct {
	keys    KeyGroup
	errs    []error // per key; nil for one that gave its share
	order   []int   // the keys to try
	next    int     // in order
	running int
	hedge   time.Time // when the next key starts although one is running
}

// answer is what became of one call.
type answer struct {
	group, key int
	bytes      []byte
	err        error
}

// unlock gets the data key, and makes the opener from it. It cancels what is under
// way when it returns, and clears every share.
func (m *Metadata) unlock(ctx context.Context, u Unwrapper) (*opener, []byte, error) {
	calls, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &unlocker{meta: m, u: u, groups: make([]groupState, len(m.Groups)), answers: make(chan answer), shares: newShares(m, func() bool { return ctx.Err() != nil })}
	defer l.shares.clear()
	for i, keys := range m.Groups {
		l.groups[i] = groupState{keys: keys, errs: make([]error, len(keys)), order: tryOrder(u, keys)}
		for j := range keys {
			l.groups[i].errs[j] = errNotTried
			if !keys[j].Type.read() {
				l.groups[i].errs[j] = errNotRead
			}
		}
		l.start(calls, i)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for l.running() {
		timer.Reset(l.untilHedge())
		select {
		case a := <-l.answers:
			if o, mac := l.take(a); o != nil {
				return o, mac, nil
			}
			l.goOn(calls, a.group)
		case <-timer.C:
			for i := range l.groups {
				if g := &l.groups[i]; l.wants(i) && !time.Now().Before(g.hedge) {
					l.start(calls, i)
				}
			}
		case <-ctx.Done():
			l.stop(fmt.Errorf("no answer before the time was up: %w", context.Cause(ctx)))
			return nil, nil, l.error()
		}
	}
	return nil, nil, l.error()
}

// tryOrder returns the keys of a group to try: the unwrapper's order, or age first
// and otherwise the file's.
func tryOrder(u Unwrapper, keys KeyGroup) []int {
	var order []int
	o, ok := u.(Orderer)
	if !ok {
		for i := range keys {
			if keys[i].Type.read() {
				order = append(order, i)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int { return ageFirst(keys[a]) - ageFirst(keys[b]) })
		return order
	}
	for _, k := range o.Order(slices.Clone(keys)) {
		i := slices.IndexFunc(keys, func(other MasterKey) bool { return k.equal(other) })
		for i >= 0 && slices.Contains(order, i) { // the same entry twice in the file
			j := slices.IndexFunc(keys[i+1:], func(other MasterKey) bool { return k.equal(other) })
			if j < 0 {
				i = -1
				break
			}
			i += 1 + j
		}
		if i >= 0 && keys[i].Type.read() {
			order = append(order, i)
		}
	}
	return order
}

func ageFirst(k MasterKey) int {
	if k.Type == Age {
		return 0
	}
	return 1
}

func (k MasterKey) equal(o MasterKey) bool {
	return k.Same(o) && k.EncryptedDataKey == o.EncryptedDataKey
}

// start asks the next key of a group, if there is one.
func (l *unlocker) start(ctx context.Context, group int) {
	g := &l.groups[group]
	if g.next == len(g.order) {
		return
	}
	i := g.order[g.next]
	g.next++
	g.running++
	key := g.keys[i]
	g.hedge = time.Now().Add(max(hedgeAfter, patience(l.u, key)))
	g.errs[i] = errNoAnswer
	go func() {
		b, err := Ask(ctx, l.u, key)
		select {
		case l.answers <- answer{group, i, b, err}:
		case <-ctx.Done():
			clear(b)
		}
	}()
}

// patience returns how long a key may take because of a person; 0 for the usual.
func patience(u Unwrapper, key MasterKey) time.Duration {
	if p, ok := u.(Patient); ok {
		return p.Patience(key)
	}
	return 0
}

// Ask returns what u unwraps for one key, as [File.Decrypt] asks for each: once it is
// prepared (see [Preparer]), and within ten seconds, or what [Patient] says.
func Ask(ctx context.Context, u Unwrapper, key MasterKey) ([]byte, error) {
	if p, ok := u.(Preparer); ok {
		if err := p.Prepare(ctx, key); err != nil {
			return nil, err
		}
	}
	limit, late := callLimit, errNoAnswer
	if more := patience(u, key); more > limit {
		limit, late = more, fmt.Errorf("no answer within %v", more)
	}
	call, cancel := context.WithTimeoutCause(ctx, limit, late)
	defer cancel()
	b, err := u.Unwrap(call, key)
	if err != nil {
		clear(b)
		b = nil
		if call.Err() != nil && ctx.Err() == nil {
			err = late
		}
	}
	return b, err
}

// wants reports whether a group should ask its next key now: it has no share yet and
// a key left.
func (l *unlocker) wants(group int) bool {
	g := &l.groups[group]
	return g.next < len(g.order) && !l.shares.has(group)
}

// take counts an answer. The opener is not nil when the data key is found.
func (l *unlocker) take(a answer) (*opener, []byte) {
	g := &l.groups[a.group]
	g.running--
	if g.errs[a.key] = a.err; a.err != nil {
		return nil, nil
	}
	o, mac, err := l.shares.add(a.group, a.bytes)
	g.errs[a.key] = err
	return o, mac
}

// goOn starts what an answer of a group makes necessary.
func (l *unlocker) goOn(ctx context.Context, group int) {
	if l.wants(group) {
		l.start(ctx, group)
	}
	// Enough shares that open nothing: one is wrong, and any group may have another.
	if !l.shares.wrong(l.settled()) {
		return
	}
	for i := range l.groups {
		if g := &l.groups[i]; l.shares.has(i) && g.running == 0 {
			l.start(ctx, i)
		}
	}
}

// settled reports whether every group has given a share or has nothing left to try.
func (l *unlocker) settled() bool {
	for i := range l.groups {
		if g := &l.groups[i]; !l.shares.has(i) && (g.running > 0 || g.next < len(g.order)) {
			return false
		}
	}
	return true
}

func (l *unlocker) running() bool {
	return slices.ContainsFunc(l.groups, func(g groupState) bool { return g.running > 0 })
}

// untilHedge is the time until the next key is due although others are running.
func (l *unlocker) untilHedge() time.Duration {
	wait := time.Hour
	for i := range l.groups {
		if l.wants(i) {
			wait = min(wait, max(0, time.Until(l.groups[i].hedge)))
		}
	}
	return wait
}

// stop returns every key without an answer the reason that ended everything.
func (l *unlocker) stop(cause error) {
	for i := range l.groups {
		for j, err := range l.groups[i].errs {
			if err == errNoAnswer || err == errNotTried {
				l.groups[i].errs[j] = cause
			}
		}
	}
}

func (l *unlocker) error() *KeyError {
	e := &KeyError{Groups: len(l.groups), Threshold: l.meta.Threshold()}
	for i := range l.groups {
		for j, key := range l.groups[i].keys {
			err := l.groups[i].errs[j]
			if err == nil && l.shares.short {
				err = errNoFit
			}
			e.Attempts = append(e.Attempts, Attempt{key, i, err})
		}
	}
	return e
}
