package constructs

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// SopsSecret is a secret in Secrets Manager whose value comes from a SOPS file.
//
// The value is one JSON object of strings, with a name for each value of the
// file: {"a": {"b": [1, true]}} lands as {"a.b[0]": "1", "a.b[1]": "true"}.
//
// Its children are "Resource", the CDK's own secret, and "Sync", the custom
// resource that fills it through the stack's function, "SopsSyncProvider". (With a
// [SopsSyncProvider] of another id, a hash of its path is behind "Sync".)
type SopsSecret struct {
	constructs.Construct
	readable *readableSecret
	path     string
	filled   *filledSecret // nil with Delivery_PLAINTEXT_TEMPLATE and with a Target
}

// NewSopsSecret makes a secret from a SOPS file. It panics on misuse, and where
// the file cannot be used: when it is missing, not encrypted, changed since sops
// encrypted it, needs keys that neither this machine nor the function has, or
// holds more than the 65,536 bytes that a secret takes.
func NewSopsSecret(scope constructs.Construct, id string, props *SopsSecretProps) *SopsSecret {
	s := &SopsSecret{}
	constructs.NewConstruct_Override(s, scope, &id)
	if props == nil {
		props = &SopsSecretProps{}
	}
	s.path = props.SopsFilePath
	s.readable = &readableSecret{
		construct:          s,
		kind:               "SopsSecret",
		file:               sourceName(props.fileName()),
		name:               props.SecretName,
		keyPolicyElsewhere: props.EncryptionKeyPolicyElsewhere,
		replicaKeys:        map[string]awskms.IKey{},
	}
	CheckContext(s)
	if err := props.check(); err != nil {
		s.fail(err)
	}
	s.readable.key = s.keyBehind("EncryptionKey", props.EncryptionKey)
	if props.SecretName != "" {
		if err := stateOf(s).claimName(awscdk.Stack_Of(s), props.SecretName, *s.Node().Path()); err != nil {
			s.fail(err)
		}
	}
	if props.Target != nil {
		if err := s.checkTarget(props.Target); err != nil {
			s.fail(err)
		}
	}
	stateOf(s).secrets++

	src := s.readSource(props)
	s.readable.names = src.names
	switch {
	case props.Delivery == Delivery_PLAINTEXT_TEMPLATE:
		s.deliverInTemplate(src, props)
	case props.Target != nil:
		s.readable.key = s.keyBehind("the EncryptionKey of the Target", props.Target.EncryptionKey())
		s.readable.target = props.Target
		sync := s.sync(src, props, props.Target.SecretArn(), secretARNPattern(props.Target))
		s.readable.secret = newHeldSecret(s.readable, &awssecretsmanager.SecretAttributes{
			SecretCompleteArn: sync.GetAttString(new(syncprotocol.AttrSecretArn)),
			EncryptionKey:     s.readable.key,
		})
		s.readable.version = func() *string { return sync.GetAttString(new(syncprotocol.AttrVersionID)) }
		s.refuseWriters(sync.Node().DefaultChild().(awscdk.CfnElement))
	default:
		s.filled = &filledSecret{of: s.readable}
		s.readable.secret = s.filled
		resource := s.secretResource(s.filled, src, props, nil)
		// Nothing reads a random value: the secret has none before its first sync.
		resource.AddPropertyDeletionOverride(new("GenerateSecretString"))
		s.filled.sync = s.sync(src, props, resource.Ref(), *resource.Ref())
		s.readable.version = func() *string { return s.filled.attribute(syncprotocol.AttrVersionID) }
		s.refuseWriters(s.filled.sync.Node().DefaultChild().(awscdk.CfnElement))
	}
	return s
}

// secretResource makes the CDK's secret as the child "Resource".
func (s *SopsSecret) secretResource(secret awssecretsmanager.Secret, src source, props *SopsSecretProps, value awscdk.SecretValue) awssecretsmanager.CfnSecret {
	secretProps := &awssecretsmanager.SecretProps{
		SecretName:        optional(props.SecretName),
		Description:       optional(props.Description),
		RemovalPolicy:     props.RemovalPolicy,
		SecretStringValue: value,
	}
	if key := s.readable.key; key != nil {
		// By its ARN: the CDK would let the policy of the key itself refer to this
		// stack, which refers to the key's.
		secretProps.EncryptionKey = awskms.Key_FromKeyArn(s, new("EncryptionKey"), key.KeyArn())
		allowAccountVia(awscdk.Stack_Of(s), key)
	}
	awssecretsmanager.NewSecret_Override(secret, s, new("Resource"), secretProps)
	for _, replica := range props.ReplicaRegions {
		if replica == nil || replica.Region == nil {
			s.fail(errors.New("an entry of ReplicaRegions has no Region; name one"))
		}
		s.addReplica(secret, *replica.Region, replica.EncryptionKey)
	}
	resource := secret.Node().DefaultChild().(awssecretsmanager.CfnSecret)
	if src.content != nil {
		tagProvenance(resource, sourceName(s.path), src.content, src.lastModified)
	}
	return resource
}

// sync makes the custom resource "Sync", which fills the secret with this ARN, and
// gives the function the rights for it. pattern is what IAM matches the ARN with.
func (s *SopsSecret) sync(src source, props *SopsSecretProps, secretARN *string, pattern string) awscdk.CustomResource {
	stack := awscdk.Stack_Of(s)
	provider := s.syncProviderFor(props.SyncProvider)
	for _, statement := range src.statements {
		provider.allow(statement)
	}
	provider.allow(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new(statementID("SopsSecret", *s.Node().Path())),
		Actions:   strs("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"),
		Resources: strs(pattern),
	}))
	if key := s.readable.key; key != nil {
		provider.allow(useVia(stack, statementID("SopsSecretKey", *s.Node().Path()), "secretsmanager", key, "kms:Decrypt", "kms:GenerateDataKey"))
	}
	p := syncprotocol.Properties{
		Protocol:  syncprotocol.Version,
		SecretArn: *secretARN,
		FileName:  s.readable.file,
		Format:    string(src.format),
		Render:    render.Flat,
		Resync:    strings.Join(nonEmpty(props.Resync, resync(s)), "/"),
	}
	if len(p.Resync) > maxResync {
		s.fail(fmt.Errorf("the Resync and the context %s have %d characters together; %d are enough", contextResync, len(p.Resync), maxResync))
	}
	for _, identity := range props.AgeIdentities {
		p.AgeIdentities = append(p.AgeIdentities, identity.place)
		for _, statement := range identity.statements(stack) {
			provider.allow(statement)
		}
	}
	s.carry(&p, src, props, provider)
	sync := awscdk.NewCustomResource(s, new(provider.syncID()), &awscdk.CustomResourceProps{
		ResourceType:   new(syncprotocol.ResourceType),
		ServiceToken:   provider.function.FunctionArn(),
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(provider.timeout + serviceTimeoutMargin)),
		Properties:     properties(p),
	})
	// No call before retries are off, and none after they are on again.
	sync.Node().AddDependency(provider.function.Node().FindChild(new("EventInvokeConfig")))
	return sync
}

// Secret is the secret as the CDK knows it, to be passed to any construct that
// takes one. Whatever refers to it is created after the secret was filled.
//
// What would write the secret beside its file panics: GrantWrite, Attach and
// AddRotationSchedule; synthesis fails for what does so around them. Its GrantRead
// gives no right on an EncryptionKey, of which synthesis warns: that of this
// construct does. AddToResourcePolicy on that of a Target whose policy is not in
// this app is a warning with the statement to add.
func (s *SopsSecret) Secret() awssecretsmanager.ISecret { return s.readable.secret }

// GrantRead allows grantee to read the secret: secretsmanager:GetSecretValue and
// secretsmanager:DescribeSecret, of these version stages or of any, and, where a
// customer's key encrypts it, kms:Decrypt through Secrets Manager. What needs the
// grant is created after the secret was filled.
//
// It is right wherever key, secret and grantee are. A grantee of another account
// gets into the policies of secret and key too, which takes an EncryptionKey. A
// grantee whose stack is in a region with a replica gets the right on the replica.
// It panics where the grant would not work: see the message.
func (s *SopsSecret) GrantRead(grantee awsiam.IGrantable, versionStages ...string) awsiam.Grant {
	return s.readable.grantRead(grantee, versionStages)
}

// Key is one key of the secret, by its name in the secret's JSON, such as
// "database.users[0].password". It panics when the file has no such key.
//
// Where the command does not need the secret's stack, an unknown name is a warning,
// and where the file cannot be read then, no name is checked.
func (s *SopsSecret) Key(name string) *SecretKey { return s.readable.secretKey(name) }

// AddToResourcePolicy adds a statement to the secret's own policy. It panics for a
// Target that was imported, whose policy is not in this app.
func (s *SopsSecret) AddToResourcePolicy(statement awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult {
	if s.readable.target != nil {
		return s.readable.addToTargetPolicy(statement)
	}
	return s.readable.secret.AddToResourcePolicy(statement)
}

// DenyAccountRootDelete denies secretsmanager:DeleteSecret to every principal of
// the account. It panics for a Target that was imported.
func (s *SopsSecret) DenyAccountRootDelete() {
	s.AddToResourcePolicy(denyDelete())
}

func denyDelete() awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    strs("secretsmanager:DeleteSecret"),
		Effect:     awsiam.Effect_DENY,
		Resources:  strs("*"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewAccountRootPrincipal()},
	})
}

// AddReplicaRegion replicates the secret to a region, encrypted with a customer's
// key there, or, for nil, with the account's own. It panics for a Target.
func (s *SopsSecret) AddReplicaRegion(region string, encryptionKey awskms.IKey) {
	secret, ok := s.readable.secret.(awssecretsmanager.Secret)
	if !ok || s.readable.target != nil {
		s.fail(errors.New("AddReplicaRegion is for a secret that is made here; replicate the Target where it is made"))
	}
	s.addReplica(secret, region, encryptionKey)
}

func (s *SopsSecret) addReplica(secret awssecretsmanager.Secret, region string, encryptionKey awskms.IKey) {
	if _, twice := s.readable.replicaKeys[region]; twice {
		s.fail(fmt.Errorf("the replica region %q is named twice", region))
	}
	if slices.Contains(s.readable.readFrom, region) {
		s.fail(fmt.Errorf("GrantRead was called for a reader in %s, and gave it the secret and not the replica; call AddReplicaRegion before it", region))
	}
	encryptionKey = s.keyBehind("the key of the replica in "+region, encryptionKey)
	s.readable.replicaKeys[region] = encryptionKey
	secret.AddReplicaRegion(&region, encryptionKey)
}

// RdsCredentials are the credentials of an RDS database or cluster: its user and
// password, from two keys of the secret. It is Credentials.fromSecret of the CDK,
// for a secret that RDS does not write its connection into: the next sync would
// undo that.
func (s *SopsSecret) RdsCredentials(username, password string) awsrds.Credentials {
	return s.readable.rdsCredentials(username, password)
}

// fail panics with err as a message about this construct.
func (s *SopsSecret) fail(err error) { s.readable.fail(err) }

// sourceName is the path as the app gives it, without what differs from one
// machine to the next.
func sourceName(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Base(path)
	}
	return filepath.ToSlash(filepath.Clean(path))
}

// maxResync keeps the text that forces a sync from filling the template.
const maxResync = 256

// properties are p's fields in the form that the CDK takes.
func properties(p syncprotocol.Properties) *map[string]any {
	encoded, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings alone
	}
	var fields map[string]any
	if err := json.Unmarshal(encoded, &fields); err != nil {
		panic(err)
	}
	return &fields
}

// nonEmpty leaves out the empty strings.
func nonEmpty(values ...string) []string {
	return slices.DeleteFunc(values, func(value string) bool { return value == "" })
}

// optional is nil for the empty string.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
