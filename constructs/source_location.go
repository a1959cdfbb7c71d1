package sopsconstructs

import (
	"github.com/ebb7bed6/sopscdk/internal/callsite"
)

// noCreationStacks is the CDK's own context that records nothing of where constructs are made.
const noCreationStacks = "aws:cdk:disable-creation-stack-traces"

// ownPackages are left out of a construct's source.
var ownPackages = []string{"github.com/ebb7bed6/sopscdk/constructs"}

// recordSource notes where in the app's code the construct is made, which [Run] writes into
// the assembly. To record it as metadata of the construct would take two requests to jsii for
// each construct and each resource in it.
func (s *site) recordSource() {
	if !s.app.settings.sources {
		return
	}
	frames := callsite.Stack(ownPackages...)
	if len(frames) == 0 {
		return
	}
	var calls []string
	for _, frame := range frames {
		calls = append(calls, frame.String())
	}
	s.location = locationOf(frames)
	s.app.made[s.path] = calls
}

// here returns where in the app's code a construct of this package is called, for a message;
// "" where that is not recorded.
func (s *site) here() string {
	if !s.app.settings.sources {
		return ""
	}
	return locationOf(callsite.Stack(ownPackages...))
}

func locationOf(frames []callsite.Frame) string {
	if nearest, ok := callsite.Nearest(frames); ok {
		return nearest.Location()
	}
	return ""
}
