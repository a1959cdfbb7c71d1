package sopsconstructs

import (
	"errors"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
)

// SecretKey is one key of a secret that comes from a SOPS file: a reference that
// was checked against the file, and that orders what uses it after the sync.
// Make it with [SopsSecret.Key] or [ImportedSopsSecret.Key].
//
// # Which version it names
//
// In the secret's own stack, SecretValue, CfnDynamicReferenceKey and EcsSecret
// name the version that the sync wrote. So a changed secret changes what uses
// it: CloudFormation updates the resource, and ECS starts new tasks. In any other
// stack they name none, and take the current version when CloudFormation next
// updates the resource or ECS starts a task; a change of the secret alone
// restarts nothing there. An exported version could never change while another
// stack uses it.
type SecretKey struct {
	of   *secret
	name string
}

// Name is the key's name in the secret's JSON.
func (k *SecretKey) Name() string { return k.name }

// BuildEnvironmentVariable is the key's value as an environment variable of a
// CodeBuild project or a CodePipeline action: type SECRETS_MANAGER, value
// SECRET_ARN:KEY, which takes the current version when a build starts. CodeBuild
// fetches it with the project's role: call GrantRead with the project.
//
// For a secret that was imported by its SecretName the value is SECRET_NAME:KEY, a
// secret of the account and region of the build. With an ARN that lacks its last six
// characters the CDK would let the project read every secret whose name begins so.
//
// It panics for a name with a colon, which CodeBuild would take as the end of
// the name (SECRET:KEY:VERSION_STAGE:VERSION_ID in its build specification
// reference).
func (k *SecretKey) BuildEnvironmentVariable() *awscodebuild.BuildEnvironmentVariable {
	k.of.checkReference(k.name, "a CodeBuild variable")
	return &awscodebuild.BuildEnvironmentVariable{
		Type:  awscodebuild.BuildEnvironmentVariableType_SECRETS_MANAGER,
		Value: k.of.buildID() + ":" + k.name,
	}
}

// SecretValue is the key's value for any property that takes a secret, as a
// dynamic reference of CloudFormation. It can stand only in properties that
// support one, and what CloudFormation makes of it shows there: in a Lambda
// function's environment, whoever may read the function's settings reads the
// value. Prefer to pass the secret's ARN, and to read the value at run time.
//
// It panics for a name with a colon, which ends the name in a dynamic reference.
func (k *SecretKey) SecretValue() awscdk.SecretValue {
	k.of.checkReference(k.name, "a dynamic reference")
	return k.of.secretValue(k.name)
}

// CfnDynamicReferenceKey is what stands after "resolve:secretsmanager:" in a
// dynamic reference to the key, for text that CloudFormation puts together:
//
//	awscdk.Fn_Sub(new("password={{resolve:secretsmanager:${Password}}}"),
//		&map[string]*string{"Password": new(key.CfnDynamicReferenceKey())})
//
// It panics for a name with a colon.
func (k *SecretKey) CfnDynamicReferenceKey() string {
	k.of.checkReference(k.name, "a dynamic reference")
	return strings.Join([]string{k.of.arn(), "SecretString", k.name, "", k.of.pinnedText()}, ":")
}

// EcsSecret is the key's value for a container of ECS. The task's execution role
// gets the right to read and decrypt it when the container takes it. onChange, at most one,
// says whether a changed secret starts new tasks; the default is [EcsNewTasks].
//
// It panics for a name with a colon, and for a secret that was imported by its name or a
// partial ARN: ECS needs the complete one.
func (k *SecretKey) EcsSecret(onChange ...EcsOnChange) awsecs.Secret {
	k.of.checkReference(k.name, "an ECS secret")
	return newECSSecret(k, onChange)
}

// newECSSecret panics for a secret whose complete ARN is not known: ECS finds no secret by
// another (aws/aws-cdk#20744).
func newECSSecret(k *SecretKey, onChange []EcsOnChange) awsecs.Secret {
	keep, err := keepsTasks(onChange)
	if err != nil {
		k.of.fail(err)
	}
	if i := k.of.imported; i != nil && i.SecretCompleteArn == nil {
		k.of.fail(errors.New("an ECS secret needs the complete ARN, with the six characters at its end; import the secret by SecretCompleteArn"))
	}
	secret := &ecsSecret{key: k, keep: keep}
	awsecs.NewSecret_Override(secret)
	return secret
}

// ecsSecret is a secret of ECS whose grant is the one of the key's secret. A key
// without a name is the whole secret.
type ecsSecret struct {
	awsecs.Secret
	key  *SecretKey
	keep bool // name no version
}

// Arn is what ECS calls valueFrom: SECRET_ARN:KEY:VERSION_STAGE:VERSION_ID, or, for the
// whole secret where no version is named, its ARN alone.
func (s *ecsSecret) Arn() *string {
	version := func(prefix string) string {
		if s.keep {
			return ""
		}
		return s.key.of.pinnedTextAfter(prefix)
	}
	if s.key.name == "" {
		return new(s.key.of.arn() + version(":::"))
	}
	return new(strings.Join([]string{s.key.of.arn(), s.key.name, "", version("")}, ":"))
}

// HasField tells ECS that the secret is a part of one, not all of it.
func (s *ecsSecret) HasField() *bool { return new(s.key.name != "") }

// GrantRead allows grantee to read and decrypt the secret.
func (s *ecsSecret) GrantRead(grantee awsiam.IGrantable) awsiam.Grant {
	return s.key.of.grantRead(grantee, nil)
}
