package sopsconstructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// BuildWith sets what builds the function, instead of the go command.
func BuildWith(build func(functionbuild.Arch) (functionbuild.Result, error)) { buildFunction = build }

// What the tests of Run look at: it ends the process itself.
var Report = report

// CheckContext is the check of an app's context, with the keys that Run is given.
var CheckContext = checkContext

// Progress is what a person at a terminal is shown.
var Progress = progress

// RanAlone is what Run says where no cdk command runs the program.
var RanAlone = ranAlone

// Decrypted waits until the files of a construct's app are decrypted.
func Decrypted(of constructs.Construct) error { return stateOf(of).decryptions.wait() }

// Synthesize synthesizes an app as Run does.
func Synthesize(app awscdk.App) { synthesize(app, stateOf(app)) }

// AddWarning is how every warning reaches the CDK, whose method differs between versions.
var AddWarning = addWarning
