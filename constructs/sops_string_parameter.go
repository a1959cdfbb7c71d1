package sopsconstructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/render"
)

// SopsStringParameter is one parameter of SSM, a SecureString, whose value comes from a
// SOPS file: the whole file, or one value of it ([OutputValue]).
//
// CloudFormation cannot make a SecureString, so the stack's function makes it, and marks it
// with tags ("sops:stack", "sops:resource") as its own. A parameter of that name that
// exists and has no such tag makes the deploy fail: see Adopt.
//
// Its child "Sync" is the custom resource that fills it, as that of a [SopsSecret] is.
type SopsStringParameter struct {
	constructs.Construct
	parameter *Parameter
}

// NewSopsStringParameter makes a parameter from a SOPS file. It panics on misuse, and
// where the file is missing, not encrypted, or needs keys that the function cannot use.
// What only a key can tell is checked before synthesis, as for a [SopsSecret]: that what
// lands is text that a parameter can hold.
func NewSopsStringParameter(scope constructs.Construct, id string, props *SopsStringParameterProps) *SopsStringParameter {
	s := &SopsStringParameter{}
	if props == nil {
		props = &SopsStringParameterProps{}
	}
	readAhead(scope, props.SopsFilePath, props.SopsFile)
	site := newSite(s, "SopsStringParameter", scope, id)
	file := site.fileToFill(props.SopsFilePath, props.SopsFile, props.check)
	settings := props.settings()
	lands := inParameter(props.Output.render(), props.ParameterName, settings.tier())
	of := newParameters(site, file, props.ParameterName, false)
	of.names = []render.ParameterName{{Name: props.ParameterName}}
	of.fill(site.open(file, lands), lands, settings)
	s.parameter = &Parameter{of: of, name: of.names[0]}
	return s
}

// ParameterName is the parameter's name: see [Parameter.ParameterName].
func (s *SopsStringParameter) ParameterName() string { return s.parameter.ParameterName() }

// ParameterArn is the parameter's ARN: see [Parameter.ParameterArn].
func (s *SopsStringParameter) ParameterArn() string { return s.parameter.ParameterArn() }

// StringParameter is the parameter as the CDK knows it: see [Parameter.StringParameter].
func (s *SopsStringParameter) StringParameter() awsssm.IStringParameter {
	return s.parameter.StringParameter()
}

// GrantRead allows grantee to read the parameter: see [Parameter.GrantRead].
func (s *SopsStringParameter) GrantRead(grantee awsiam.IGrantable) awsiam.Grant {
	return s.parameter.GrantRead(grantee)
}

// EcsSecret is the parameter for a container of ECS: see [Parameter.EcsSecret].
func (s *SopsStringParameter) EcsSecret() awsecs.Secret { return s.parameter.EcsSecret() }

// BuildEnvironmentVariable is the parameter for a build: see
// [Parameter.BuildEnvironmentVariable].
func (s *SopsStringParameter) BuildEnvironmentVariable() *awscodebuild.BuildEnvironmentVariable {
	return s.parameter.BuildEnvironmentVariable()
}
