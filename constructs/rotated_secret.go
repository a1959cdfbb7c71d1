package constructs

import (
	"errors"
	"fmt"

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
	// it, and it may read and write the secret.
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
	if function, key := props.RotationFunction, r.readable.key; function != nil && key != nil {
		// The CDK grants it in the key's policy alone, and not where the key is imported.
		function.GrantPrincipal().AddToPrincipalPolicy(useVia(awscdk.Stack_Of(r), statementID("SopsRotation", *r.Node().Path()),
			"secretsmanager", key, "kms:Decrypt", "kms:GenerateDataKey"))
	}
	awssecretsmanager.NewRotationSchedule(r, new("RotationSchedule"), &awssecretsmanager.RotationScheduleProps{
		Secret:             secret,
		HostedRotation:     props.HostedRotation,
		RotationLambda:     props.RotationFunction,
		AutomaticallyAfter: props.AutomaticallyAfter,
	})
}

// AddRotatedSecret makes a generated, rotated secret beside this one, as its child:
// for the part of an application's secrets that git must not own.
func (s *SopsSecret) AddRotatedSecret(id string, props *RotatedSecretProps) *RotatedSecret {
	own := RotatedSecretProps{}
	if props != nil {
		own = *props
	}
	if own.EncryptionKey == nil {
		own.EncryptionKey = s.readable.key
	}
	return NewRotatedSecret(s, id, &own)
}

// Secret is the secret as the CDK knows it.
func (r *RotatedSecret) Secret() awssecretsmanager.ISecret { return r.readable.secret }

// GrantRead allows grantee to read the secret: see [SopsSecret.GrantRead].
func (r *RotatedSecret) GrantRead(grantee awsiam.IGrantable, versionStages ...string) awsiam.Grant {
	return r.readable.grantRead(grantee, versionStages)
}
