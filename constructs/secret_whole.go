package sopsconstructs

import (
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
)

// SecretValue is the whole secret's text for any property that takes a secret: the JSON
// document, the raw text, or the one value that Output says. See [SecretKey] for the
// version that it names, and [SecretKey.SecretValue] for where it can stand. It panics
// for OutputBinary, which no dynamic reference can read.
func (s *SopsSecret) SecretValue() awscdk.SecretValue { return s.secret.wholeValue() }

// EcsSecret is the whole secret's text for a container of ECS. The task's execution
// role gets the right to read and decrypt it when the container takes it. See
// [SecretKey] for the version that it names; onChange, at most one, may leave it out
// ([EcsKeepTasks]). It panics for OutputBinary, which ECS cannot put into a container's
// environment.
func (s *SopsSecret) EcsSecret(onChange ...EcsOnChange) awsecs.Secret {
	return s.secret.wholeForECS(onChange)
}

// BuildEnvironmentVariable is the whole secret's text as an environment variable of a
// CodeBuild project or a CodePipeline action: type SECRETS_MANAGER, value SECRET_ARN,
// which takes the current version when a build starts. Call GrantRead with the project.
// It panics for OutputBinary.
func (s *SopsSecret) BuildEnvironmentVariable() *awscodebuild.BuildEnvironmentVariable {
	return s.secret.wholeForBuilds()
}

// SecretValue is the whole secret's text: see [SopsSecret.SecretValue]. It names no
// version.
func (s *ImportedSopsSecret) SecretValue() awscdk.SecretValue { return s.secret.wholeValue() }

// EcsSecret is the whole secret's text for a container: see [SopsSecret.EcsSecret]. It
// names no version.
func (s *ImportedSopsSecret) EcsSecret(onChange ...EcsOnChange) awsecs.Secret {
	return s.secret.wholeForECS(onChange)
}

// BuildEnvironmentVariable is the whole secret's text for a build: see
// [SopsSecret.BuildEnvironmentVariable].
func (s *ImportedSopsSecret) BuildEnvironmentVariable() *awscodebuild.BuildEnvironmentVariable {
	return s.secret.wholeForBuilds()
}

func (s *secret) wholeValue() awscdk.SecretValue {
	s.checkText("a dynamic reference")
	return s.secretValue("")
}

func (s *secret) wholeForECS(onChange []EcsOnChange) awsecs.Secret {
	s.checkText("an ECS secret")
	return newECSSecret(&SecretKey{of: s}, onChange)
}

func (s *secret) wholeForBuilds() *awscodebuild.BuildEnvironmentVariable {
	s.checkText("a CodeBuild variable")
	return &awscodebuild.BuildEnvironmentVariable{
		Type:  awscodebuild.BuildEnvironmentVariableType_SECRETS_MANAGER,
		Value: s.buildID(),
	}
}

// checkText panics where the secret has no text, as what is named.
func (s *secret) checkText(what string) {
	if s.output == OutputBinary {
		s.fail(errors.New("the secret is binary (OutputBinary), and cannot be " + what + "; call GrantRead, and let the program read SecretBinary when it runs"))
	}
}
