package sopsconstructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// site is one construct of this package, with its place in the app.
type site struct {
	construct constructs.Construct
	kind      string // the construct's type, for messages
	path      string // in the construct tree
	stack     *stackState
	app       *appState
}

// newSite makes construct, which is of a type of this package, below scope.
func newSite(construct constructs.Construct, kind string, in constructs.Construct, id string) *site {
	constructs.NewConstruct_Override(construct, in, &id)
	app := stateOf(in)
	scope := app.scopeOf(in)
	path := strings.ReplaceAll(id, "/", "--") // as the CDK does
	if scope.path != "" {
		path = scope.path + "/" + path
	}
	return &site{construct, kind, path, scope.stack, app}
}

// fail panics with err as a message about the construct.
func (s *site) fail(err error) { panic(s.errorOf(err)) }

// errorOf returns err as a message about the construct.
func (s *site) errorOf(err error) error {
	return &messageError{filetext.Message(fmt.Sprintf("constructs: %s %q: %v", s.kind, s.path, err)), err}
}

// messageError is an error whose text can be printed, whatever file it comes from.
type messageError struct {
	text string
	err  error
}

func (e *messageError) Error() string { return e.text }
func (e *messageError) Unwrap() error { return e.err }

// warn adds a warning to the construct, which cdk prints.
func (s *site) warn(id, text string) {
	text = filetext.Message(text)
	awscdk.Annotations_Of(s.construct).AddWarningV2(new("sopscdk:"+id), &text)
}
