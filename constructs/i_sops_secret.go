package sopsconstructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
)

// ISopsSecret is a secret that is filled from a SOPS file: made in this app
// ([SopsSecret]) or imported ([ImportedSopsSecret]). A stack that takes one of them
// takes either.
type ISopsSecret interface {
	constructs.IConstruct
	// Secret is the secret as the CDK knows it.
	Secret() awssecretsmanager.ISecret
	// GrantRead allows grantee to read the secret.
	GrantRead(grantee awsiam.IGrantable, versionStages ...string) awsiam.Grant
	// Key is one key of the secret.
	Key(name string) *SecretKey
	// SecretValue is the whole secret's text.
	SecretValue() awscdk.SecretValue
	// EcsSecret is the whole secret's text for a container of ECS.
	EcsSecret(onChange ...EcsOnChange) awsecs.Secret
	// BuildEnvironmentVariable is the whole secret's text for CodeBuild and CodePipeline.
	BuildEnvironmentVariable() *awscodebuild.BuildEnvironmentVariable
	// AddToFunction gives a Lambda function the secret's ARN, and lets it read the secret.
	AddToFunction(function LambdaFunction, variable string, versionStages ...string) awsiam.Grant
	// RdsCredentials are a user and a password from two keys.
	RdsCredentials(username, password string) awsrds.Credentials
}

var (
	_ ISopsSecret = (*SopsSecret)(nil)
	_ ISopsSecret = (*ImportedSopsSecret)(nil)
)
