package constructs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
)

// RotatedSecretProps are the properties of a [RotatedSecret]. Exactly one of
// HostedRotation, RotationFunction and DatabaseRotation says how it rotates.
type RotatedSecretProps struct {
	// SecretName is the secret's name in Secrets Manager.
	// Default: CloudFormation makes one.
	SecretName string
	// Description is the secret's description.
	// Default: none.
	Description string
	// EncryptionKey is the customer's key that encrypts the secret.
	// Default: with [SopsSecret.AddRotatedSecret], that of the SOPS secret; else the
	// account's own key, aws/secretsmanager.
	EncryptionKey awskms.IKey
	// EncryptionKeyPolicyElsewhere says that the policy of an imported EncryptionKey
	// has the statements for readers of other accounts, which cannot be added here.
	// Default: with [SopsSecret.AddRotatedSecret] and the key of the SOPS secret, what
	// was said there; else false; such a grant panics, and prints the statement.
	EncryptionKeyPolicyElsewhere bool
	// GenerateSecretString says how the first value is made.
	// Default: a random password of 32 characters.
	GenerateSecretString *awssecretsmanager.SecretStringGenerator
	// RemovalPolicy is what becomes of the secret when it leaves the stack.
	// Default: DESTROY.
	RemovalPolicy awscdk.RemovalPolicy
	// AttachTo is the database whose connection fields the secret gets, which
	// rotation for databases needs.
	// Default: none.
	AttachTo awssecretsmanager.ISecretAttachmentTarget
	// AutomaticallyAfter is the time between two rotations.
	// Default: 30 days.
	AutomaticallyAfter awscdk.Duration
	// HostedRotation is a rotation function of AWS's, made in the stack.
	HostedRotation awssecretsmanager.HostedRotation
	// RotationFunction is a rotation function of one's own. Secrets Manager may call
	// it, and it may read and write the secret, as long as the function is not
	// imported: what an imported one lacks is in a warning, to be added where the
	// function is made. One that was imported with its role gets the rights on the
	// secret, and lacks the permission to call it. A function that is made in this app
	// must be in the stack of the RotatedSecret, since the two refer to each other.
	RotationFunction awslambda.IFunction
	// DatabaseRotation is a rotation for a database from AWS's application
	// repository, for a single user, or, with MasterSecret, for many. Leave Secret
	// out, and AutomaticallyAfter: they are those of this construct.
	DatabaseRotation *awssecretsmanager.SecretRotationProps
}

// RotatedSecret is a generated secret that rotates, for what git must not own:
// the value of a [SopsSecret] is always the one in its file, and a rotated value is
// in none. Its children are "Resource", the CDK's secret, and "Rotation" or
// "RotationSchedule".
type RotatedSecret struct {
	constructs.Construct
	readable *readableSecret
}

// NewRotatedSecret makes a generated secret and its rotation. It panics unless
// exactly one way of rotation is given.
func NewRotatedSecret(scope constructs.Construct, id string, props *RotatedSecretProps) *RotatedSecret {
	r := &RotatedSecret{}
	constructs.NewConstruct_Override(r, scope, &id)
	if props == nil {
		props = &RotatedSecretProps{}
	}
	r.readable = &readableSecret{
		construct:   r,
		kind:        "RotatedSecret",
		name:        props.SecretName,
		key:         keyBehind(fmt.Sprintf("RotatedSecret %q", *r.Node().Path()), "EncryptionKey", props.EncryptionKey),
		replicaKeys: map[string]awskms.IKey{},

		keyPolicyElsewhere: props.EncryptionKeyPolicyElsewhere,
	}
	if props.EncryptionKeyPolicyElsewhere && props.EncryptionKey == nil {
		r.readable.fail(errors.New("EncryptionKeyPolicyElsewhere without EncryptionKey says nothing; pass the key, or remove it"))
	}
	ways := 0
	for _, given := range []bool{props.HostedRotation != nil, props.RotationFunction != nil, props.DatabaseRotation != nil} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		r.readable.fail(errors.New("it takes exactly one of HostedRotation, RotationFunction and DatabaseRotation"))
	}

	secretProps := &awssecretsmanager.SecretProps{
		SecretName:           optional(props.SecretName),
		Description:          optional(props.Description),
		GenerateSecretString: props.GenerateSecretString,
		RemovalPolicy:        props.RemovalPolicy,
	}
	if key := r.readable.key; key != nil {
		secretProps.EncryptionKey = awskms.Key_FromKeyArn(r, new("EncryptionKey"), key.KeyArn())
		allowAccountVia(awscdk.Stack_Of(r), key)
	}
	var secret awssecretsmanager.ISecret = awssecretsmanager.NewSecret(r, new("Resource"), secretProps)
	if props.AttachTo != nil {
		secret = secret.Attach(props.AttachTo)
	}
	r.readable.secret = secret
	r.rotate(props)
	return r
}

func (r *RotatedSecret) rotate(props *RotatedSecretProps) {
	secret := r.readable.secret
	if rotation := props.DatabaseRotation; rotation != nil {
		if rotation.Secret != nil || rotation.AutomaticallyAfter != nil {
			r.readable.fail(errors.New("Secret and AutomaticallyAfter of DatabaseRotation are those of this construct; leave them out"))
		}
		filled := *rotation
		filled.Secret, filled.AutomaticallyAfter = secret, props.AutomaticallyAfter
		awssecretsmanager.NewSecretRotation(r, new("Rotation"), &filled)
		return
	}
	if props.RotationFunction != nil {
		r.allow(props.RotationFunction)
	}
	awssecretsmanager.NewRotationSchedule(r, new("RotationSchedule"), &awssecretsmanager.RotationScheduleProps{
		Secret:             secret,
		HostedRotation:     props.HostedRotation,
		RotationLambda:     props.RotationFunction,
		AutomaticallyAfter: props.AutomaticallyAfter,
	})
}

// allow gives the rotation function what the CDK does not, and warns of what only
// those who made the function can give.
func (r *RotatedSecret) allow(function awslambda.IFunction) {
	// The CDK gives nothing at all to a function without a resource in this app, and
	// to one without a known role nothing but the permission to call it.
	imported, role := function.PermissionsNode().DefaultChild() == nil, function.Role()
	if !imported && role != nil && awscdk.Stack_Of(function) != awscdk.Stack_Of(r) {
		r.readable.fail(fmt.Errorf("RotationFunction %q is of another stack; make the RotatedSecret in the function's stack with NewRotatedSecret, since the two would depend on each other in a circle",
			*function.Node().Path()))
	}
	var missing []string
	if imported {
		missing = append(missing, "to the policy of the function:\n"+r.readable.statementText(r.mayCall(function)))
	}
	var statements []awsiam.PolicyStatement
	if imported || role == nil {
		secret := *r.readable.secret.SecretArn()
		if role == nil {
			secret = r.arnBeside(*function.FunctionArn())
		}
		statements = maySet(secret)
	}
	if key := r.readable.key; key != nil {
		// The CDK grants it in the key's policy alone, and not where the key is imported.
		statements = append(statements, useVia(awscdk.Stack_Of(r), statementID("SopsRotation", *r.Node().Path()),
			"secretsmanager", key, "kms:Decrypt", "kms:GenerateDataKey"))
	}
	for _, statement := range statements {
		if role != nil {
			role.AddToPrincipalPolicy(statement)
			continue
		}
		missing = append(missing, "to the policy of the function's role:\n"+r.readable.statementText(statement))
	}
	if len(missing) > 0 {
		warn(r, "rotation-function", fmt.Sprintf("The RotationFunction %q is imported, and cannot rotate the secret before its owner has added these statements:\n%s",
			*function.Node().Path(), strings.Join(missing, "\n")))
	}
}

// mayCall allows Secrets Manager to call the function, for secrets of this account.
func (r *RotatedSecret) mayCall(function awslambda.IFunction) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(new("secretsmanager.amazonaws.com"), nil)},
		Actions:    strs("lambda:InvokeFunction"),
		Resources:  &[]*string{function.FunctionArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(r).Account()}},
	})
}

// arnBeside is the secret's ARN for a message: where the SecretName is known, a
// pattern that can be used before the secret is made. Its partition is that of the
// function.
func (r *RotatedSecret) arnBeside(functionARN string) string {
	arn, err := r.readable.arnIn(*r.readable.environment().Region)
	if err != nil { // it has no name
		return *r.readable.secret.SecretArn()
	}
	if parts := strings.SplitN(functionARN, ":", 3); len(parts) == 3 && parts[0] == "arn" {
		arn = strings.Replace(arn, *awscdk.Stack_Of(r).Partition(), parts[1], 1)
	}
	return arn
}

// maySet allows what the steps of a rotation take, as the CDK does.
func maySet(secretARN string) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: strs("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue",
				"secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"),
			Resources: strs(secretARN),
		}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: strs("secretsmanager:GetRandomPassword"), Resources: strs("*"),
		}),
	}
}

// AddRotatedSecret makes a generated, rotated secret beside this one, as its child:
// for the part of an application's secrets that git must not own. It is in this
// one's stack; for a RotationFunction of another stack, call [NewRotatedSecret] there.
func (s *SopsSecret) AddRotatedSecret(id string, props *RotatedSecretProps) *RotatedSecret {
	own := RotatedSecretProps{}
	if props != nil {
		own = *props
	}
	if own.EncryptionKey == nil {
		own.EncryptionKey = s.readable.key
		own.EncryptionKeyPolicyElsewhere = own.EncryptionKeyPolicyElsewhere || s.readable.keyPolicyElsewhere
	}
	return NewRotatedSecret(s, id, &own)
}

// Secret is the secret as the CDK knows it.
func (r *RotatedSecret) Secret() awssecretsmanager.ISecret { return r.readable.secret }

// GrantRead allows grantee to read the secret: see [SopsSecret.GrantRead].
func (r *RotatedSecret) GrantRead(grantee awsiam.IGrantable, versionStages ...string) awsiam.Grant {
	return r.readable.grantRead(grantee, versionStages)
}
