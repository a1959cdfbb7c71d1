package syncfunction

import (
	"fmt"
	"strings"
)

// scenario is a set of requests that may overlap, and the secret before them.
type scenario struct {
	name     string
	start    vault
	before   *vault // what an old read may still see at the start; nil for start
	requests []asked
	// lives is the request that is never killed beside the last one, or -1.
	lives int
	// waits says that the last request is sent when the one before it was answered.
	waits  bool
	limits limits
}

// limits bound what goes wrong in one schedule: reads of the secret as it was before
// its last change, and writes that are carried out and answered with HTTP status 500.
type limits struct{ old, lost int8 }

// state is all that the rest of a schedule depends on.
type state struct {
	now, before int // the secret, and as it was before its last change: vaults by number
	left        limits
	actors      [3]actor
}

// actor is a request under way.
type actor struct {
	at    int // the number of its point
	after int // the secret when it was answered, by number; of a Delete alone
}

// step is what a schedule lets happen next.
type step struct {
	actor int
	how   byte
}

// The ways in which a call goes on.
const (
	runs  = 'r' // it is made
	reads = 'o' // it reads the secret as it was before its last change
	loses = 'l' // it is made, and answered with HTTP status 500
)

// explorer tries every schedule of scenarios. What a process does next depends on the
// answers that it got; the production code runs once for each row of answers.
//
// A process that is killed after some step is one that gets no further step. So every
// state in which the last request has ended is an end of the schedule, too: there, all
// requests that have not ended were killed.
type explorer struct {
	ignoreBefore bool
	processes    map[asked]*point // where each begins
	points       map[int]*point
	ends         map[string]int // the number of the end with an error
	runs         int            // of the production code
	vaults       []vault
	numbers      map[string]int // of vaults, by name
	calls        map[made]outcomeOf

	scenario
	seen   map[state]float64 // how many schedules go on from a state
	states int
	steps  []step
	wrong  []string
}

// mostWrong is how many wrong ends are enough to stop.
const mostWrong = 20

// made is a call on a secret, and outcomeOf what follows from it.
type made struct {
	point, vault int
	lost         bool
}

type outcomeOf struct{ point, vault int }

func newExplorer() *explorer {
	return &explorer{
		processes: map[asked]*point{}, points: map[int]*point{}, ends: map[string]int{},
		numbers: map[string]int{}, calls: map[made]outcomeOf{},
	}
}

// explore returns how many schedules s has.
func (x *explorer) explore(s scenario) float64 {
	x.scenario, x.seen = s, map[state]float64{}
	n := x.number(s.start)
	begin := state{now: n, before: n, left: s.limits}
	if s.before != nil {
		begin.before = x.number(*s.before)
	}
	for i, r := range s.requests {
		if x.processes[r] == nil {
			p := &process{event: r.event(), ignoreBefore: x.ignoreBefore, runs: &x.runs}
			x.processes[r] = p.run(nil)
		}
		begin.actors[i].at = x.point(x.processes[r])
	}
	schedules := x.count(begin)
	x.states += len(x.seen)
	return schedules
}

// number returns v's number.
func (x *explorer) number(v vault) int {
	name := v.String()
	n, known := x.numbers[name]
	if !known {
		n = len(x.vaults)
		x.vaults = append(x.vaults, v)
		x.numbers[name] = n
	}
	return n
}

// point returns p's number. Ends with one error have one number: nothing follows.
func (x *explorer) point(p *point) int {
	if p.call == nil {
		name := fmt.Sprint(p.err)
		if x.ends[name] == 0 {
			x.ends[name] = p.number
		}
		x.points[x.ends[name]] = p
		return x.ends[name]
	}
	x.points[p.number] = p
	return p.number
}

// count tries all that can follow s and returns the number of schedules.
func (x *explorer) count(s state) float64 {
	if n, known := x.seen[s]; known || len(x.wrong) >= mostWrong {
		return n
	}
	n := 0.0
	if x.over(s) {
		x.check(s)
		n = 1
	}
	for i := range x.requests {
		for _, how := range x.ways(s, i) {
			x.steps = append(x.steps, step{i, how})
			n += x.count(x.next(s, i, how))
			x.steps = x.steps[:len(x.steps)-1]
		}
	}
	x.seen[s] = n
	return n
}

// ended reports whether request i has ended.
func (x *explorer) ended(s state, i int) bool { return x.points[s.actors[i].at].call == nil }

// over reports whether all requests have ended that must not be killed.
func (x *explorer) over(s state) bool {
	for i, r := range x.requests {
		if (i == x.lives || r.date == x.last().date) && !x.ended(s, i) {
			return false
		}
	}
	return true
}

// ways returns how the call of request i may go on; none at the request's end.
func (x *explorer) ways(s state, i int) []byte {
	if x.ended(s, i) || x.waits && i == len(x.requests)-1 && !x.ended(s, i-1) {
		return nil
	}
	ways := []byte{runs}
	if x.requests[i].kind == byHand {
		// What is written after a Delete was answered is for nobody to keep.
		if x.last().kind == requestDelete && x.ended(s, len(x.requests)-1) {
			return nil
		}
		return ways
	}
	read := x.points[s.actors[i].at].call.reads()
	if read && s.left.old > 0 && s.before != s.now {
		ways = append(ways, reads)
	}
	if !read && s.left.lost > 0 {
		ways = append(ways, loses)
	}
	return ways
}

// next returns the state after the call of request i has gone on.
func (x *explorer) next(s state, i int, how byte) state {
	on := s.now
	switch how {
	case reads:
		on = s.before
		s.left.old--
	case loses:
		s.left.lost--
	}
	m := made{s.actors[i].at, on, how == loses}
	o, known := x.calls[m]
	if !known {
		o = x.make(m)
		x.calls[m] = o
	}
	if how != reads && o.vault != s.now {
		s.now, s.before = o.vault, s.now
	}
	if s.left.old == 0 { // nobody sees it
		s.before = s.now
	}
	s.actors[i].at = o.point
	if x.requests[i].kind == requestDelete && x.ended(s, i) {
		s.actors[i].after = s.now
	}
	return s
}

// make makes a call.
func (x *explorer) make(m made) outcomeOf {
	at, v := x.points[m.point], x.vaults[m.vault]
	var r reply
	switch c := at.call; {
	case c.put != nil:
		r.out, r.err = v.put(c.put)
	case c.move != nil:
		r.err = v.move(c.move)
	case c.get != nil:
		r.out, r.err = v.get(*c.get.VersionStage)
	default:
		r.out = v.describe()
	}
	if m.lost {
		r = reply{err: failed500()}
	}
	return outcomeOf{x.point(at.after(r)), x.number(v)}
}

// last returns the last request in CloudFormation's order.
func (x *explorer) last() asked { return x.requests[len(x.requests)-1] }

// value returns the current value of a secret.
func (x *explorer) value(number int) string {
	v := x.vaults[number]
	return v.content(v.labels[0])
}

// check judges a schedule at its end.
func (x *explorer) check(s state) {
	last, end := x.last(), x.value(s.now)
	for i, r := range x.requests {
		at := x.points[s.actors[i].at]
		switch {
		case at.call != nil || at.err == nil: // killed, or a success
		case r.date == last.date:
			x.report(s, "request %d, the last one, is refused: %v", i, at.err)
		case !strings.HasPrefix(at.err.Error(), "superseded: "):
			x.report(s, "request %d ends with %v", i, at.err)
		}
	}
	if x.vaults[s.now].labels[0] == handsID {
		return // who writes beside this function may write last
	}
	if want := rendered(last.content); last.kind != requestDelete && end != want {
		x.report(s, "the secret holds %s, and the last request's content is %s", end, want)
	}
	answered := x.value(s.actors[len(x.requests)-1].after)
	if last.kind == requestDelete && end != answered && len(x.start.versions) > 0 {
		x.report(s, "the secret held %s when the Delete was answered, and holds %s", answered, end)
	}
}

func (x *explorer) report(s state, format string, args ...any) {
	var b strings.Builder
	for _, s := range x.steps {
		fmt.Fprintf(&b, " %d%c", s.actor, s.how)
	}
	x.wrong = append(x.wrong, x.name+": "+fmt.Sprintf(format, args...)+" after"+b.String()+": "+x.vaults[s.now].String())
}
