package awstest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Parameters is the Parameter Store of SSM on a [Server], for one account and region,
// with the limits that the API reference states and emulators leave out. Add it with
// [Server.AddParameters].
type Parameters struct {
	mu      sync.Mutex
	stored  map[string]*parameter
	deleted map[string]time.Time
	fault   *Error
	faults  map[string][]*Error // by action and name
	locked  map[string]bool     // keys that the caller cannot decrypt with
	allow   func(action, name string, tags map[string]string) bool
	lost    losses
	again   time.Duration // until a name that was deleted can be made again
	rate    float64       // writes a second
	tokens  float64
	filled  time.Time
}

// parameter is one parameter with its history.
type parameter struct {
	kind, tier, description, key string
	versions                     []parameterVersion
	tags                         map[string]string
}

type parameterVersion struct {
	number int64
	value  string
	label  bool
}

// now is the newest version.
func (p *parameter) now() parameterVersion { return p.versions[len(p.versions)-1] }

// WritesPerSecond is how many writes SSM takes by default, over the whole account.
const WritesPerSecond = 3

// recreateAfter is for how long a name that was deleted cannot be made again. AWS asks
// for 30 seconds; tests have less time.
const recreateAfter = 3 * time.Second

// AddParameters registers a Parameter Store without parameters.
func (s *Server) AddParameters() *Parameters {
	p := &Parameters{
		stored: map[string]*parameter{}, deleted: map[string]time.Time{}, faults: map[string][]*Error{}, locked: map[string]bool{},
		lost: losses{}, again: recreateAfter, rate: WritesPerSecond, tokens: WritesPerSecond, filled: time.Now(),
	}
	s.HandleTarget("AmazonSSM.", p.serve)
	return p
}

// Put stores a parameter of the type kind ("SecureString", "String"), whatever was
// there. SSM gives the value of the first in clear to who asks for decryption alone.
func (p *Parameters) Put(name, kind, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stored[name] = &parameter{kind: kind, tier: "Standard", versions: []parameterVersion{{1, value, false}}, tags: map[string]string{}}
}

// Label puts a label on the oldest version of a parameter that has so many versions.
func (p *Parameters) Label(name string, versions int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.stored[name]
	for len(found.versions) < versions {
		last := found.now()
		found.versions = append(found.versions, parameterVersion{last.number + 1, last.value, false})
	}
	found.versions[0].label = true
}

// SetRate sets how many writes a second are taken.
func (p *Parameters) SetRate(writes float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate, p.tokens = writes, writes
}

// SetRecreateAfter sets for how long a name that was deleted cannot be made again.
func (p *Parameters) SetRecreateAfter(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again = d
}

// Held is a parameter as it stands.
type Held struct {
	Type, Tier, Description, Key, Value string
	Version                             int64
	Tags                                map[string]string
}

// Held returns a parameter, and whether it is there.
func (p *Parameters) Held(name string) (Held, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.stored[name]
	if found == nil {
		return Held{}, false
	}
	tags := map[string]string{}
	for key, value := range found.tags {
		tags[key] = value
	}
	return Held{found.kind, found.tier, found.description, found.key, found.now().value, found.now().number, tags}, true
}

// Names returns the names of all parameters, sorted.
func (p *Parameters) Names() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for name := range p.stored {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Fail answers every request with the exception code. "" restores the service.
func (p *Parameters) Fail(code, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = nil
	if code != "" {
		p.fault = &Error{Code: code, Message: message}
	}
}

// FailOn answers the next times requests of action about name with the exception code.
func (p *Parameters) FailOn(action, name, code string, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[action+" "+name] = slices.Repeat([]*Error{{Code: code, Message: "awstest: told to fail"}}, times)
}

// Lose carries out the next times requests of action, and does not answer them: how is one
// of ErrLostAsStatus, ErrLostCut and ErrLostHang.
func (p *Parameters) Lose(action string, how error, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost.lose(action, how, times)
}

// Authorize has allow decide, as IAM does, what may be done with a parameter that has
// these tags, or with one that is not there and has none.
func (p *Parameters) Authorize(allow func(action, name string, tags map[string]string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allow = allow
}

// SetTag sets a tag of a parameter.
func (p *Parameters) SetTag(name, key, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stored[name].tags[key] = value
}

// Lock makes a KMS key refuse to decrypt, as where the caller has no right to it any more.
func (p *Parameters) Lock(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.locked[key] = true
}

// decryptable returns an error where the caller cannot decrypt a parameter.
func (p *Parameters) decryptable(found *parameter) error {
	if !p.locked[found.key] {
		return nil
	}
	return &Error{Code: "AccessDeniedException", Message: "awstest: not authorized to perform: kms:Decrypt on the resource associated with this ciphertext"}
}

// failure is the next fault of an action about a name, or nil.
func (p *Parameters) failure(action, name string) error {
	if p.allow != nil {
		name, _, _ := strings.Cut(name, ":") // NAME:VERSION
		var tags map[string]string
		if found := p.stored[name]; found != nil {
			tags = found.tags
		}
		if !p.allow(action, name, tags) {
			return &Error{Code: "AccessDeniedException", Message: "awstest: not authorized to perform: ssm:" + action + " on resource: " + name}
		}
	}
	at := action + " " + name
	if next := p.faults[at]; len(next) > 0 {
		p.faults[at] = next[1:]
		return next[0]
	}
	return nil
}

// throttle takes one write from what the account may do, or refuses it.
func (p *Parameters) throttle() error {
	now := time.Now()
	p.tokens = min(p.rate, p.tokens+p.rate*now.Sub(p.filled).Seconds())
	p.filled = now
	if p.tokens < 1 {
		return &Error{Code: "ThrottlingException", Message: "Rate exceeded"}
	}
	p.tokens--
	return nil
}

func (p *Parameters) serve(r *Request) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault != nil {
		return nil, p.fault
	}
	out, err := p.act(r)
	if err == nil {
		err = p.lost.next(r.Action)
	}
	return out, err
}

func (p *Parameters) act(r *Request) (any, error) {
	switch r.Action {
	case "GetParameter":
		return p.getOne(r)
	case "GetParameters":
		return p.getMany(r)
	case "GetParametersByPath":
		return p.getByPath(r)
	case "PutParameter":
		return p.put(r)
	case "DeleteParameters":
		return p.delete(r)
	case "AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource":
		return p.tag(r)
	}
	return nil, &Error{Code: "UnsupportedOperationException", Message: fmt.Sprintf("awstest: SSM does not know %s", r.Action)}
}
