package sopsconstructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// stackState is what this package knows of one stack. It is read from the CDK once.
type stackState struct {
	awscdk.Stack
	path string
	// env is the stack's, as far as it is known at synth.
	env environment
	// account and region are the stack's, known or not: tokens then.
	account, region string
	// part is the stack's partition: see partition.
	part string
	// inScope says that the command needs the stack.
	inScope bool
	// inline is how many bytes of files the stack's template carries.
	inline int
	// assets are the files that travel as assets.
	assets map[*synthfile.File]*fileAsset
	// shown is how many bytes of it are what [show] adds.
	shown int
	// shared is the provider that the stack's secrets share when they name none, and
	// custom the last one that was made by hand.
	shared, custom *SopsSyncProvider
	// keys are the keys whose policies let the account use them through a service: service
	// and ARN.
	keys map[string]bool
	// parameters is how many parameters are filled in the stack, and writers are the
	// providers that fill them.
	parameters int
	writers    []*SopsSyncProvider
}

// scope is a construct in which others are made.
type scope struct {
	path  string
	stack *stackState
}

// scopeOf returns what is known of a scope.
func (a *appState) scopeOf(construct constructs.Construct) scope {
	if known, ok := a.scopes[construct]; ok {
		return known
	}
	stack := a.stackOf(construct)
	found := scope{stack.path, stack}
	if construct != constructs.Construct(stack.Stack) {
		found.path = *nodeOf(construct).Path()
	}
	a.scopes[construct] = found
	return found
}

// stackOf returns the state of a construct's stack.
func (a *appState) stackOf(construct constructs.IConstruct) *stackState {
	stack := awscdk.Stack_Of(construct)
	state := a.stacks[stack]
	if state == nil {
		state = &stackState{
			Stack:   stack,
			path:    *nodeOf(stack).Path(),
			account: *stack.Account(),
			region:  *stack.Region(),
			inScope: *stack.BundlingRequired(),
			keys:    map[string]bool{},
			assets:  map[*synthfile.File]*fileAsset{},
		}
		state.env = environment{known(state.account), known(state.region)}
		a.stacks[stack] = state
	}
	return state
}

// anyKey returns what IAM matches the keys of the stack's account in a region with.
func (s *stackState) anyKey(region string) string {
	return fmt.Sprintf("arn:%s:kms:%s:%s:key/*", s.partition(), region, s.account)
}

// partition returns the stack's partition, known or not.
func (s *stackState) partition() string {
	if s.part == "" {
		s.part = *s.Partition()
	}
	return s.part
}

// parametersARN returns the ARN of the stack's parameters of SSM, without their names.
func (s *stackState) parametersARN() string {
	return fmt.Sprintf("arn:%s:ssm:%s:%s:parameter/", s.partition(), s.region, s.account)
}

// arnOfSecret returns the ARN of a secret of the stack's account and region, without the
// hyphen and the six characters that Secrets Manager adds.
func (s *stackState) arnOfSecret(name string) string {
	return strings.Join([]string{"arn", *s.Partition(), "secretsmanager", s.region, *s.Account(), "secret", name}, ":")
}
