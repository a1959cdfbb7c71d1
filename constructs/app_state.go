package constructs

import (
	"fmt"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// appState is what this package remembers of one app.
type appState struct {
	// names are the constructs that fill a secret, by place and secret name.
	names map[secretPlace]string
	// providers are the last provider of each stack that was made by hand.
	providers map[awscdk.Stack]*SopsSyncProvider
	// inline is how many bytes of files each stack's template carries.
	inline map[awscdk.Stack]int
	// allowedKeys is what [SetAllowedKeys] set.
	allowedKeys []string
	// owned finds what would write a synced secret.
	owned *gitOwned
	// secrets is how many secrets were made.
	secrets int
}

// secretPlace is where only one secret of a name can be. Account and region are
// empty where the stack leaves them to the deploy.
type secretPlace struct{ account, region, name string }

var apps struct {
	sync.Mutex
	states map[constructs.IConstruct]*appState
}

// stateOf gives the state of the app that scope belongs to.
func stateOf(scope constructs.Construct) *appState {
	root := scope.Node().Root()
	apps.Lock()
	defer apps.Unlock()
	if apps.states == nil {
		apps.states = map[constructs.IConstruct]*appState{}
	}
	state := apps.states[root]
	if state == nil {
		state = &appState{
			names:     map[secretPlace]string{},
			providers: map[awscdk.Stack]*SopsSyncProvider{},
			inline:    map[awscdk.Stack]int{},
		}
		apps.states[root] = state
	}
	return state
}

// claimName makes the construct at path the one that fills the secret name in
// the stack's account and region.
func (s *appState) claimName(stack awscdk.Stack, name, path string) error {
	place := secretPlace{resolved(stack.Account()), resolved(stack.Region()), name}
	if other, taken := s.names[place]; taken {
		return fmt.Errorf("the secret name %q is taken by %q in the same account and region; give one of them another SecretName, or their stacks another env", name, other)
	}
	s.names[place] = path
	return nil
}

// resolved is s, or nothing where it is a token: known at deploy alone.
func resolved(s *string) string {
	if *awscdk.Token_IsUnresolved(s) {
		return ""
	}
	return *s
}
