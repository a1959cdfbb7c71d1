package constructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
)

// SecretKey is one key of a synced secret: a reference that was checked against
// the file, and that orders what uses it after the sync. Make it with [SopsSecret.Key].
type SecretKey struct {
	secret *SopsSecret
	name   string
}

// Name is the key's name in the secret's JSON.
func (k *SecretKey) Name() string { return k.name }

// BuildEnvironmentVariable is the key's value as an environment variable of a
// CodeBuild project or CodePipeline action: type SECRETS_MANAGER, value
// SECRET_ARN:KEY, which takes the current version when a build starts. CodeBuild
// fetches it with the project's role: call [SopsSecret.GrantRead] with the project.
//
// It panics for a name with a colon, which CodeBuild would take as the end of
// the name (SECRET:KEY:VERSION_STAGE:VERSION_ID in its build specification
// reference).
func (k *SecretKey) BuildEnvironmentVariable() *awscodebuild.BuildEnvironmentVariable {
	if strings.Contains(k.name, ":") {
		k.secret.fail(fmt.Errorf("the key %q cannot be a CodeBuild variable, since it contains a colon; rename it in %s", k.name, k.secret.path))
	}
	return &awscodebuild.BuildEnvironmentVariable{
		Type:  awscodebuild.BuildEnvironmentVariableType_SECRETS_MANAGER,
		Value: *k.secret.filled.SecretArn() + ":" + k.name,
	}
}
