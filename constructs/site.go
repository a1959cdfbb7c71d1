package sopsconstructs

import (
	"fmt"
	"reflect"
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
	// location is where in the app's code the construct is made, as FILE:LINE; "" where that
	// is not recorded.
	location string
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
	s := &site{construct: construct, kind: kind, path: path, stack: scope.stack, app: app}
	s.recordSource()
	return s
}

// fail panics with err as a message about the construct.
func (s *site) fail(err error) {
	panic(&messageError{s.messageOf(err), err, s.here()})
}

// messageOf returns err as a message about the construct.
func (s *site) messageOf(err error) string {
	return filetext.Message(fmt.Sprintf("constructs: %s %q: %v", s.kind, s.path, err))
}

// messageError is an error whose text can be printed, whatever file it comes from.
type messageError struct {
	text string
	err  error
	// location is where in the app's code the construct was called, as FILE:LINE, or "". A
	// panic that ends the program shows it by itself; [Run] prints it.
	location string
}

func (e *messageError) Error() string { return e.text }
func (e *messageError) Unwrap() error { return e.err }

// warn adds a warning to the construct, which cdk prints.
func (s *site) warn(id, text string) {
	text = filetext.Message(text)
	addWarning(awscdk.Annotations_Of(s.construct), "sopscdk:"+id, text)
}

// addWarning calls AddWarningV2 of the CDK. Since 2.276.0 it has a third parameter in Go, for
// options, and this package compiles with the versions before and after it.
func addWarning(annotations any, id, text string) {
	if two, ok := annotations.(interface{ AddWarningV2(id, message *string) }); ok {
		two.AddWarningV2(&id, &text)
		return
	}
	add := reflect.ValueOf(annotations).MethodByName("AddWarningV2")
	arguments := []reflect.Value{reflect.ValueOf(&id), reflect.ValueOf(&text)}
	for n := len(arguments); n < add.Type().NumIn(); n++ {
		arguments = append(arguments, reflect.Zero(add.Type().In(n))) // no options
	}
	add.Call(arguments)
}
