package sopsconstructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	"github.com/ebb7bed6/sopscdk/internal/render"
)

// Parameter is one parameter of SSM that comes from a SOPS file: a reference that was
// checked against the file, and that orders what uses it after the sync. Make it with
// [SopsParameters.Parameter]; a [SopsStringParameter] is one itself.
//
// No reference names a version. What reads when it starts, such as a build, a task of ECS
// or a function, has a changed value from its next start on; a change alone restarts
// nothing.
type Parameter struct {
	of   *parameters
	name render.ParameterName
	view awsssm.IStringParameter // made when it is first asked for
}

// ParameterName is the parameter's name, for whatever reads it at run time: pass it to a
// Lambda function in its environment, call GrantRead with the function, and let it call
// ssm:GetParameter with decryption.
//
// It is a token. Whatever refers to it is created after the parameter was filled.
func (p *Parameter) ParameterName() string { return p.of.synced(p.name.Name) }

// ParameterArn is the parameter's ARN, likewise.
func (p *Parameter) ParameterArn() string { return p.of.arn + p.of.syncedEnd(p.name.Name) }

// GrantRead allows grantee to read the parameter: ssm:GetParameter and ssm:GetParameters
// and, where a customer-managed key encrypts it, kms:Decrypt through SSM, for this
// parameter alone. What needs the grant is created after the parameter was filled.
//
// It is right wherever key, parameter and grantee are in one account; a grantee in another
// region must ask SSM in the parameter's. It panics for a grantee of another account, which
// cannot read a SecureString by a policy of its own, and for one that takes no policy.
func (p *Parameter) GrantRead(grantee awsiam.IGrantable) awsiam.Grant {
	return p.of.grantRead(grantee, []render.ParameterName{p.name})
}

// EcsSecret is the parameter's value for a container of ECS, which fetches it when a task
// starts. The task's execution role gets the right to read and decrypt it.
func (p *Parameter) EcsSecret() awsecs.Secret {
	secret := &ecsParameter{of: p}
	awsecs.NewSecret_Override(secret)
	return secret
}

// BuildEnvironmentVariable is the parameter's value as an environment variable of a
// CodeBuild project or a CodePipeline action: type PARAMETER_STORE, value its name.
// CodeBuild fetches it when a build starts, with the project's role: call GrantRead with
// the project, since the CDK gives it no right to decrypt.
func (p *Parameter) BuildEnvironmentVariable() *awscodebuild.BuildEnvironmentVariable {
	return &awscodebuild.BuildEnvironmentVariable{
		Type:  awscodebuild.BuildEnvironmentVariableType_PARAMETER_STORE,
		Value: p.ParameterName(),
	}
}

// StringParameter is the parameter as the CDK knows it, to be passed to any construct that
// takes one. Whatever refers to it is created after the parameter was filled. Its StringValue
// is a dynamic reference (ssm-secure), which CloudFormation takes in few properties. Its
// GrantRead is the CDK's: it allows the whole history of the parameter, too, and not only
// through SSM what the key decrypts.
func (p *Parameter) StringParameter() awsssm.IStringParameter {
	if p.view == nil {
		attributes := &awsssm.SecureStringParameterAttributes{
			ParameterName: new(p.ParameterName()),
			SimpleName:    new(p.name.Name[0] != '/'),
		}
		id := "Parameter"
		if p.of.many {
			id += ":" + p.name.Key
		}
		if p.of.key != nil {
			attributes.EncryptionKey = awskms.Key_FromKeyArn(p.of.construct, new(id+"Key"), &p.of.keyARN)
		}
		p.view = awsssm.StringParameter_FromSecureStringParameterAttributes(p.of.construct, &id, attributes)
	}
	return p.view
}

// ecsParameter is a secret of ECS whose grant is the one of the parameter.
type ecsParameter struct {
	awsecs.Secret
	of *Parameter
}

// Arn is what ECS calls valueFrom.
func (s *ecsParameter) Arn() *string { return new(s.of.ParameterArn()) }

// HasField tells ECS that the secret is no part of one.
func (s *ecsParameter) HasField() *bool { return new(false) }

// GrantRead allows grantee to read and decrypt the parameter.
func (s *ecsParameter) GrantRead(grantee awsiam.IGrantable) awsiam.Grant {
	return s.of.GrantRead(grantee)
}
