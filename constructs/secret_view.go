package sopsconstructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// secretView is a secret as the CDK knows it, to be passed to any construct that takes
// one. It is the CDK's own class without a resource of its own: what refers to it
// takes the attributes of the custom resource that fills it, and so waits for its
// value. An imported secret, and one with its value in the template, have a view of
// the same kind.
//
// What would write the value beside the file is an error at synth: the next sync
// would undo it.
//
// The overrides must not call what they replace: the call comes back to them
// through jsii. Methods with an optional last parameter cannot be overridden.
type secretView struct {
	awssecretsmanager.Secret
	of     *secret
	policy awssecretsmanager.ResourcePolicy
	// plain is the CDK's own import of an imported secret, or nil.
	plain awssecretsmanager.ISecret
}

// asSecret returns the secret's view, which it makes when it is first asked for: most
// secrets need none, and it takes several requests to jsii.
func (s *secret) asSecret() *secretView {
	if s.view != nil {
		return s.view
	}
	s.view = &secretView{of: s}
	props := &awssecretsmanager.SecretProps{}
	if s.key != nil {
		// By its ARN: the CDK would let the policy of the key itself refer to this
		// stack, which refers to the key's.
		props.EncryptionKey = awskms.Key_FromKeyArn(s.construct, new("EncryptionKey"), &s.keyARN)
	}
	if s.imported != nil {
		s.view.plain = awssecretsmanager.Secret_FromSecretAttributes(s.construct, new("Imported"), s.imported)
	}
	awssecretsmanager.NewSecret_Override(s.view, s.construct, new("Secret"), props)
	s.view.Node().TryRemoveChild(new("Resource"))
	if s.resource != nil {
		s.view.Node().SetDefaultChild(s.resource) // for escape hatches
	}
	return s.view
}

// SecretArn is the secret's ARN: the full one, unless it was imported by another.
func (v *secretView) SecretArn() *string { return new(v.of.arn()) }

// SecretFullArn is the full ARN; nil where it is not known.
func (v *secretView) SecretFullArn() *string {
	if v.plain != nil {
		return v.plain.SecretFullArn()
	}
	return new(v.of.arn())
}

// SecretName is the secret's name, as far as it is known.
func (v *secretView) SecretName() *string {
	switch s := v.of; {
	case v.plain != nil:
		return v.plain.SecretName()
	case s.sync != nil:
		return new(s.sync.attribute(syncprotocol.AttrName))
	case s.name != "":
		return &s.name
	default: // CloudFormation's own names are NAME-RANDOM, and the ARN adds six characters
		parts := awscdk.Fn_Split(new("-"), awscdk.Fn_Select(jsii.Number(6), awscdk.Fn_Split(new(":"), new(s.arn()), nil)), nil)
		return awscdk.Fn_Join(new("-"), &[]*string{awscdk.Fn_Select(jsii.Number(0), parts), awscdk.Fn_Select(jsii.Number(1), parts)})
	}
}

// Env is the account and region that the secret is in.
func (v *secretView) Env() *interfaces.ResourceEnvironment {
	if v.plain != nil {
		return v.plain.Env()
	}
	return &interfaces.ResourceEnvironment{Account: v.of.stack.Account(), Region: v.of.stack.Region()}
}

// SecretValueFromJson is one key of the secret, which the file must have; "" is
// the whole secret.
func (v *secretView) SecretValueFromJson(key *string) awscdk.SecretValue {
	return v.of.secretValueFromJSON(*key)
}

// AddToResourcePolicy adds a statement to the secret's policy, or to that of a Target
// which is made in this app. For any other secret, a warning says what its owner must
// add.
func (v *secretView) AddToResourcePolicy(statement awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult {
	switch s := v.of; {
	case s.target != nil:
		if result := s.target.AddToResourcePolicy(statement); *result.StatementAdded {
			blockPublicPolicy(s.target)
			return result
		}
		fallthrough
	case s.imported != nil:
		s.ownerMustAdd("the secret's policy", statement)
		return &awsiam.AddToResourcePolicyResult{StatementAdded: new(false)}
	}
	if v.policy == nil {
		v.policy = awssecretsmanager.NewResourcePolicy(v, new("Policy"), &awssecretsmanager.ResourcePolicyProps{Secret: v})
		blockPublicPolicy(v)
	}
	v.policy.Document().AddStatements(statement)
	return &awsiam.AddToResourcePolicyResult{StatementAdded: new(true), PolicyDependable: v.policy}
}

// blockPublicPolicy makes Secrets Manager refuse the policy of a secret if it is public;
// unless the app has decided that for a secret of its own.
func blockPublicPolicy(secret awssecretsmanager.ISecret) {
	policy, ok := secret.Node().TryFindChild(new("Policy")).(awssecretsmanager.ResourcePolicy)
	if !ok {
		return
	}
	if resource := policy.Node().DefaultChild().(awssecretsmanager.CfnResourcePolicy); resource.BlockPublicPolicy() == nil {
		resource.SetBlockPublicPolicy(true)
	}
}

// DenyAccountRootDelete denies secretsmanager:DeleteSecret to every principal of
// the account, as AddToResourcePolicy does.
func (v *secretView) DenyAccountRootDelete() { v.AddToResourcePolicy(denyDelete()) }

func denyDelete() awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    jsii.Strings("secretsmanager:DeleteSecret"),
		Effect:     awsiam.Effect_DENY,
		Resources:  jsii.Strings("*"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewAccountRootPrincipal()},
	})
}

// GrantWrite grants nothing, and is an error at synth.
func (v *secretView) GrantWrite(grantee awsiam.IGrantable) awsiam.Grant {
	v.refuse("write", "GrantWrite lets others write it", "change the file instead, or give the writer a secret of its own (awssecretsmanager.NewSecret)")
	return awsiam.Grant_Drop(grantee, new("the value comes from a file in git"))
}

// Attach attaches nothing, returns the secret itself, and is an error at synth.
func (v *secretView) Attach(awssecretsmanager.ISecretAttachmentTarget) awssecretsmanager.ISecret {
	v.refuse("attach", "Attach would write the target's connection fields into it",
		"for a database's credentials pass RdsCredentials, else a generated secret (awssecretsmanager.NewSecret)")
	return v
}

// AddRotationSchedule makes the schedule, and is an error at synth.
func (v *secretView) AddRotationSchedule(id *string, options *awssecretsmanager.RotationScheduleOptions) awssecretsmanager.RotationSchedule {
	v.refuse("rotate", "AddRotationSchedule would rotate it", "rotate a generated secret beside it (awssecretsmanager.NewSecret; examples/rotation shows how)")
	return awssecretsmanager.NewRotationSchedule(v, id, &awssecretsmanager.RotationScheduleProps{
		Secret:                    v,
		AutomaticallyAfter:        options.AutomaticallyAfter,
		HostedRotation:            options.HostedRotation,
		RotateImmediatelyOnUpdate: options.RotateImmediatelyOnUpdate,
		RotationLambda:            options.RotationLambda,
	})
}

// refuse adds an error about what would write the secret beside its file. It does not
// panic: the CDK may have called, and a panic would cross it.
func (v *secretView) refuse(id, what, wayOut string) {
	s := v.of
	awscdk.Validations_Of(s.construct).AddError(new("sopscdk:"+id), new(s.messageOf(fmt.Errorf(
		"%s: the value comes from a file in git, and the next sync would undo what is written beside it; %s", what, wayOut))))
}
