package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/constructs-go/constructs/v10"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// PipelineStack is a CodeBuild project whose environment takes two keys of the
// secret. CodeBuild fetches them when a build starts, and masks them in its logs.
type PipelineStack struct {
	awscdk.Stack
	Project awscodebuild.Project
}

// Location is the stack's region.
func (*PipelineStack) Location() string { return RegionEU }

func newPipelineStack(scope constructs.Construct, credentials sopsconstructs.ISopsSecret, props *awscdk.StackProps) *PipelineStack {
	s := &PipelineStack{}
	awscdk.NewStack_Override(s, scope, props.StackName, props)
	s.Project = awscodebuild.NewProject(s, new("Build"), &awscodebuild.ProjectProps{
		Description: new("Reads two keys of the secret that comes from a SOPS file."),
		BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{
			"version": "0.2",
			"phases": map[string]any{
				"build": map[string]any{
					"commands": []string{`test -n "$MY_API_KEY"`, `test -n "$MY_FIRST_SECRET"`},
				},
			},
		}),
		EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{
			"MY_API_KEY":      credentials.Key("my_api_key").BuildEnvironmentVariable(),
			"MY_FIRST_SECRET": credentials.Key("my_first_secret").BuildEnvironmentVariable(),
		},
	})
	credentials.GrantRead(s.Project)
	return s
}
