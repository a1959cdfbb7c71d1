package sopsconstructs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/leakscan"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// SopsSecret is a secret in Secrets Manager whose value comes from a SOPS file.
//
// What lands is, unless Output says otherwise, one JSON object of strings, with a
// name for each value of the file: {"a": {"b": [1, true]}} lands as
// {"a.b[0]": "1", "a.b[1]": "true"}.
//
// Its children are "Resource", the secret; "Sync", the custom resource that fills it
// through the stack's function, "SopsSyncProvider" (with a [SopsSyncProvider] of
// another id, a hash of its path is behind "Sync"); and, where it is asked for,
// "Secret", the CDK's own view of it.
type SopsSecret struct {
	constructs.Construct
	secret *secret
}

// NewSopsSecret makes a secret from a SOPS file. It panics on misuse, and where the
// file is missing, not encrypted, or needs keys that the function cannot use. What
// only a key can tell is checked before synthesis: that the file can be decrypted
// here, was not changed since sops encrypted it, and holds no more than the 65,536
// bytes that a secret takes.
//
// After synthesis all that was synthesized, templates, assets and the zip and gzip files
// among them, is searched for the values that were decrypted, as they stand and encoded.
// A find fails the synthesis with the name of the value and of the file. Not searched for
// are values of fewer than eight bytes, bools and times, values that stand in clear text in
// the file, names that everybody may see (accounts, regions, stacks, resources), and those
// in NotSecret of the [SopsFile].
func NewSopsSecret(scope constructs.Construct, id string, props *SopsSecretProps) *SopsSecret {
	s := &SopsSecret{}
	if props == nil {
		props = &SopsSecretProps{}
	}
	readAhead(scope, props.SopsFilePath, props.SopsFile)
	site := newSite(s, "SopsSecret", scope, id)
	file := site.fileToFill(props.SopsFilePath, props.SopsFile, props.check)
	s.secret = &secret{
		site:               site,
		file:               file.name(),
		output:             props.Output,
		env:                site.stack.env,
		name:               props.SecretName,
		keyPolicyElsewhere: props.EncryptionKeyPolicyElsewhere,
	}
	src := site.open(file, inSecret(props.Output.render()))
	s.secret.names, s.secret.selected = src.names, src.selected
	switch {
	case props.UnsafePlaintextInTemplate:
		s.fillInTemplate(src, props)
	case props.Adopt:
		s.fillAdopted(src, props)
	case props.Target != nil:
		s.fillTarget(src, props)
	default:
		s.fillResource(src, props)
	}
	return s
}

// fillResource makes the secret, and the sync that fills it. The secret has no value
// before its first sync, so nothing reads a random one.
func (s *SopsSecret) fillResource(file source, props *SopsSecretProps) {
	s.newResource(file, props, nil)
	ref := *s.secret.resource.Ref()
	s.fill(file, props, ref, ref)
}

// fillTarget makes the sync that fills a secret which exists.
func (s *SopsSecret) fillTarget(file source, props *SopsSecretProps) {
	if err := s.secret.claimTarget(props.Target); err != nil {
		s.secret.fail(err)
	}
	s.secret.target = props.Target
	s.secret.setKey("the EncryptionKey of the Target", props.Target.EncryptionKey())
	pattern := secretARNPattern(props.Target)
	s.secret.app.checks.know(s.secret, pattern)
	s.fill(file, props, *props.Target.SecretArn(), pattern)
}

// fillAdopted makes the sync that fills the secret of a name, which exists.
func (s *SopsSecret) fillAdopted(file source, props *SopsSecretProps) {
	if err := s.secret.claimName(props.SecretName); err != nil {
		s.secret.fail(err)
	}
	s.secret.setKey("EncryptionKey", props.EncryptionKey)
	arn := s.secret.stack.arnOfSecret(props.SecretName)
	s.secret.target = awssecretsmanager.Secret_FromSecretAttributes(s, new("Adopted"), &awssecretsmanager.SecretAttributes{
		SecretPartialArn: &arn, EncryptionKey: s.secret.key,
	})
	pattern := arn + "-??????"
	s.secret.app.checks.know(s.secret, pattern)
	s.fill(file, props, arn, pattern)
}

// fill makes the sync that fills the secret with this ARN. pattern is what IAM
// matches the ARN with. Everything refers to the secret by what the sync returns.
func (s *SopsSecret) fill(file source, props *SopsSecretProps, arn, pattern string) {
	s.secret.sync = newSync(s.secret.site, syncProps{
		file:     file,
		output:   props.Output.render(),
		target:   syncprotocol.Target{SecretArn: arn},
		rights:   secretRights(s.secret, pattern),
		provider: props.SyncProvider,
		resync:   props.Resync,
	})
}

// fillInTemplate makes the secret with its value in the template.
func (s *SopsSecret) fillInTemplate(file source, props *SopsSecretProps) {
	if s.secret.app.settings.skip {
		s.secret.fail(fmt.Errorf("UnsafePlaintextInTemplate puts the decrypted values into the template, and %s=%s decrypts nothing; leave one of the two out", contextDecrypt, decryptSkip))
	}
	s.secret.warn("plaintext", fmt.Sprintf("The values of %s are in the template in clear text, for whoever may read the template, cdk.out, the bucket of cdk's assets or the stack. Without UnsafePlaintextInTemplate they stay encrypted.", s.secret.file))
	var value *string
	if file.decryption != nil { // else the command does not need the stack
		content, err := file.decryption.Content(props.Output.render())
		if err != nil {
			s.secret.fail(fmt.Errorf("%w\n%s", err, waysRound([]string{fmt.Sprintf("%q", s.secret.stack.path)}, false)))
		}
		value = new(string(content.Text.Reveal()))
		if err := checkLiteral(*value); err != nil {
			s.secret.fail(err)
		}
		s.secret.app.checks.leaks.published = append(s.secret.app.checks.leaks.published, leakscan.Published{TemplateFile: *s.secret.stack.TemplateFile(), SecretString: content.Text})
	}
	s.newResource(file, props, value)
	s.secret.givenARN = *s.secret.resource.Ref()
}

// checkLiteral returns an error for text that the CDK or CloudFormation would not
// take as it stands. It names no part of it.
func checkLiteral(value string) error {
	switch {
	case strings.Contains(value, "${Token["):
		return errors.New("a value contains the text of a CDK token, which the CDK would replace; leave UnsafePlaintextInTemplate out")
	case strings.Contains(value, "{{resolve:"):
		return errors.New("a value contains the text of a dynamic reference, which CloudFormation would replace; leave UnsafePlaintextInTemplate out")
	}
	return nil
}

// newResource makes the secret itself, without a value for nil.
func (s *SopsSecret) newResource(file source, props *SopsSecretProps, value *string) {
	secretProps := &awssecretsmanager.CfnSecretProps{SecretString: value, Tags: provenance(file)}
	if props.SecretName != "" {
		if err := s.secret.claimName(props.SecretName); err != nil {
			s.secret.fail(err)
		}
		secretProps.Name = &props.SecretName
	}
	if props.Description != "" {
		secretProps.Description = &props.Description
	}
	if s.secret.setKey("EncryptionKey", props.EncryptionKey); s.secret.key != nil {
		secretProps.KmsKeyId = s.secret.keyARN
		letAccountUse(s.secret.key, s.secret.keyARN, s.secret.stack, "secretsmanager")
	}
	s.secret.addReplicas(props.ReplicaRegions)
	if s.secret.replicas.properties != nil {
		secretProps.ReplicaRegions = &s.secret.replicas.properties
	}
	s.secret.resource = awssecretsmanager.NewCfnSecret(s, new("Resource"), secretProps)
	if props.RemovalPolicy != "" { // CloudFormation's own default is to delete it
		s.secret.resource.ApplyRemovalPolicy(props.RemovalPolicy, nil)
	}
}

// Secret is the secret as the CDK knows it, to be passed to any construct that
// takes one. Whatever refers to it is created after the secret was filled.
//
// What would write the secret beside its file is an error at synth: GrantWrite, Attach
// and AddRotationSchedule. What does so around them is a warning, which can be
// acknowledged. Its GrantRead gives no right on an EncryptionKey, of which synth
// warns: that of this construct does. AddToResourcePolicy on that of a Target whose
// policy is not in this app is a warning with the statement to add.
func (s *SopsSecret) Secret() awssecretsmanager.ISecret { return s.secret.asSecret() }

// GrantRead allows grantee to read the secret: secretsmanager:GetSecretValue and
// secretsmanager:DescribeSecret, of these version stages or of any, and, where a
// customer-managed key encrypts it, kms:Decrypt through Secrets Manager. What needs
// the grant is created after the secret was filled.
//
// It is right wherever key, secret and grantee are. A grantee of another account
// gets into the policies of secret and key too, which takes an EncryptionKey. A
// grantee whose stack is in a region with a replica gets the right on the replica.
// It panics where the grant would not work: see the message.
func (s *SopsSecret) GrantRead(grantee awsiam.IGrantable, versionStages ...string) awsiam.Grant {
	return s.secret.grantRead(grantee, versionStages)
}

// Key is one key of the secret, by its name in the secret's JSON, such as
// "database.users[0].password". It panics when the file has no such key.
//
// Where the command does not need the secret's stack, an unknown name is a warning,
// and where the file cannot be read then, no name is checked.
func (s *SopsSecret) Key(name string) *SecretKey { return s.secret.secretKey(name) }

// RdsCredentials are the credentials of an RDS database or cluster: its user and
// password, from two keys of the secret. It is Credentials.fromSecret of the CDK,
// for a secret that RDS does not write its connection into: the next sync would
// undo that.
func (s *SopsSecret) RdsCredentials(username, password string) awsrds.Credentials {
	return s.secret.rdsCredentials(username, password)
}

// VersionID is the id of the version that the sync made current: a token that changes
// whenever what lands changes, for a property whose resource shall change then too, such as
// a variable of a Lambda function that keeps the value while it runs. It is for the secret's
// own stack, and for stacks that are nested in it: exported to another stack it would freeze
// the secret, and the check of the templates refuses that. It panics with
// UnsafePlaintextInTemplate, where there is no sync.
func (s *SopsSecret) VersionID() string {
	if s.secret.sync == nil {
		s.secret.fail(errors.New("VersionID is that of the sync, and with UnsafePlaintextInTemplate there is none; the template itself changes with the values"))
	}
	return s.secret.version()
}

// AddToResourcePolicy adds a statement to the secret's own policy. It panics for a
// Target that was imported, whose policy is not in this app.
func (s *SopsSecret) AddToResourcePolicy(statement awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult {
	if s.secret.target == nil {
		return s.secret.asSecret().AddToResourcePolicy(statement)
	}
	result := s.secret.target.AddToResourcePolicy(statement)
	if !*result.StatementAdded {
		s.secret.fail(fmt.Errorf("the policy of the Target is not in this app; add this statement to it where it is:\n%s", s.secret.statementText(statement)))
	}
	blockPublicPolicy(s.secret.target)
	return result
}

// DenyAccountRootDelete denies secretsmanager:DeleteSecret to every principal of
// the account. It panics for a Target that was imported.
func (s *SopsSecret) DenyAccountRootDelete() { s.AddToResourcePolicy(denyDelete()) }

// AddReplicaRegion replicates the secret to a region, encrypted with a
// customer-managed key there, or, for nil, with the account's own. It panics for a
// Target.
func (s *SopsSecret) AddReplicaRegion(region string, encryptionKey awskms.IKey) {
	if s.secret.resource == nil {
		s.secret.fail(errors.New("AddReplicaRegion is for a secret that is made here; replicate the Target where it is made"))
	}
	s.secret.addReplica(region, encryptionKey)
	s.secret.resource.SetReplicaRegions(&s.secret.replicas.properties)
}
