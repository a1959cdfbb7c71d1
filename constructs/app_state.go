package sopsconstructs

import (
	"fmt"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/creationstack"
	"github.com/ebb7bed6/sopscdk/internal/filepolicy"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// appState is what this package remembers of one app.
type appState struct {
	settings    settings
	files       *synthfile.Files
	decryptions *decryptions
	checks      *assemblyChecks
	// names are the constructs that fill a secret or a parameter, by where and under which
	// name. There is more than one where Stages may go to different places.
	names map[nameScope][]nameClaim
	// policy is what [SetFilePolicy] set; nil for nothing.
	policy *filepolicy.Evaluator
	// folder is that of the cloud assembly; "" for a tree that is not synthesized.
	folder string
	// first is the first construct that takes a file; nil for none.
	first *site
	// contexts are the files that have a key with an encryption context, by both as
	// [keypolicy.WithContext] writes them.
	contexts map[string][]contextClaim
	// overridden are the warnings about creation rules that were given, each once.
	overridden map[string]bool

	// made is where in the app's code constructs are made.
	made creationstack.Made

	stacks map[awscdk.Stack]*stackState
	scopes map[constructs.Construct]scope
	// parts are what the functions of all stacks are made of.
	parts functionParts
}

// nameScope is where only one secret, or one parameter, of a name can be.
type nameScope struct {
	environment
	kind nameKind
	name string
}

// nameKind is what has a name.
type nameKind string

const (
	secretNames    nameKind = "secret"
	parameterNames nameKind = "parameter"
)

// nameClaim is one construct that fills a secret or a parameter.
type nameClaim struct {
	stack *stackState
	path  string
}

var apps struct {
	sync.Mutex
	states map[constructs.IConstruct]*appState
	// roots are the apps of the scopes that were seen, and nodes their nodes, to spare
	// requests to jsii.
	roots map[constructs.IConstruct]*appState
	nodes map[constructs.IConstruct]constructs.Node
}

// nodeOf returns the node of a scope.
func nodeOf(scope constructs.IConstruct) constructs.Node {
	apps.Lock()
	defer apps.Unlock()
	return nodeOfLocked(scope)
}

func nodeOfLocked(scope constructs.IConstruct) constructs.Node {
	node := apps.nodes[scope]
	if node == nil {
		node = scope.Node()
		if apps.nodes == nil {
			apps.nodes = map[constructs.IConstruct]constructs.Node{}
		}
		apps.nodes[scope] = node
	}
	return node
}

// stateOf returns the state of the app that a construct belongs to. The first
// construct of an app hangs the checks of the whole app on its root.
func stateOf(construct constructs.IConstruct) *appState {
	apps.Lock()
	defer apps.Unlock()
	if state := apps.roots[construct]; state != nil {
		return state
	}
	root := nodeOfLocked(construct).Root()
	state := apps.states[root]
	if state == nil {
		state = newAppState(root)
		if apps.states == nil {
			apps.states, apps.roots = map[constructs.IConstruct]*appState{}, map[constructs.IConstruct]*appState{}
		}
		apps.states[root] = state
	}
	apps.roots[construct] = state
	return state
}

// knownApp returns the state of the app of a scope in which something was made before, or
// nil.
func knownApp(scope constructs.IConstruct) *appState {
	apps.Lock()
	defer apps.Unlock()
	return apps.roots[scope]
}

func newAppState(root constructs.IConstruct) *appState {
	context := contextOf(root)
	checkContext(context)
	files := synthfile.New()
	state := &appState{
		settings:    readSettings(context),
		files:       files,
		decryptions: &decryptions{files: files},
		names:       map[nameScope][]nameClaim{},
		made:        creationstack.Made{},
		contexts:    map[string][]contextClaim{},
		overridden:  map[string]bool{},
		stacks:      map[awscdk.Stack]*stackState{},
		scopes:      map[constructs.Construct]scope{},
	}
	state.checks = &assemblyChecks{decryptions: state.decryptions, leaks: leakCheck{decryptions: state.decryptions}}
	root.Node().AddValidation(state.decryptions)
	if awscdk.Stage_IsStage(root) == nil || !*awscdk.Stage_IsStage(root) {
		return state // a construct tree without an app, which nothing synthesizes
	}
	state.folder = *root.(awscdk.Stage).Outdir()
	state.checks.leaks.outdir = state.folder
	state.writePolicy() // removes that of an earlier synthesis
	awscdk.Validations_Of(root).AddPlugins(state.checks)
	return state
}

// claimName makes the construct the one that fills the secret name in its stack's
// account and region. Stages whose account or region only the deploy knows may go to
// different places, so one name in two such Stages is a warning; anywhere else it is
// an error.
func (s *secret) claimName(name string) error {
	switch other, surely := s.claim(s.env, secretNames, name); {
	case surely:
		return fmt.Errorf("the secret name %q is taken by %q in the same account and region; give one of them another SecretName, or their stacks another env", name, other)
	case other != "":
		s.warn("name", fmt.Sprintf("The secret name %q is taken by %q of another Stage. Both deploys succeed only in different accounts or regions: give the Stages an env, so that this can be checked, or one of the secrets another SecretName.", name, other))
	}
	return nil
}

// claim notes that the construct fills what has that name in env. It returns the path of
// another construct that does so too, "" for none, and whether that is surely in the same
// place; then nothing is noted.
func (s *site) claim(env environment, kind nameKind, name string) (other string, surely bool) {
	where := nameScope{env, kind, name}
	for _, claim := range s.app.names[where] {
		other = claim.path
		if env.account != "" && env.region != "" || awscdk.Stage_Of(claim.stack.Stack) == awscdk.Stage_Of(s.stack.Stack) {
			return other, true
		}
	}
	s.app.names[where] = append(s.app.names[where], nameClaim{s.stack, s.path})
	return other, false
}
