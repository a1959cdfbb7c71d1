package sopsconstructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// functionParts are what the functions of all stacks of an app are made of. Each takes a
// request to jsii, so an app asks for it once.
type functionParts struct {
	architecture awslambda.Architecture
	runtime      awslambda.Runtime
	lambda       awsiam.IPrincipal
	// timeout is the default, and eventAge for how long an event may wait.
	timeout, eventAge awscdk.Duration
}

// functionParts returns the parts, and makes them for the first function.
func (a *appState) functionParts() functionParts {
	if a.parts.runtime == nil {
		a.parts = functionParts{
			architecture: awslambda.Architecture_ARM_64(),
			runtime:      awslambda.Runtime_PROVIDED_AL2023(),
			lambda:       awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil),
			timeout:      awscdk.Duration_Seconds(jsii.Number(defaultTimeoutSeconds)),
			eventAge:     awscdk.Duration_Seconds(jsii.Number(60)),
		}
		if a.settings.arch == functionbuild.AMD64 {
			a.parts.architecture = awslambda.Architecture_X86_64()
		}
	}
	return a.parts
}
