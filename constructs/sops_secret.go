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
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// SopsSecretProps are the properties of a [SopsSecret].
type SopsSecretProps struct {
	// SopsFilePath is the SOPS file, relative to the folder of cdk.json.
	// Required, unless FileBucket says where the file is.
	SopsFilePath string
	// SopsFileFormat is the file's format: "json", "yaml", "dotenv", "ini" or
	// "binary".
	// Default: by the ending of its name, as sops decides: .json, .yaml, .yml,
	// .env, .ini; everything else is binary.
	SopsFileFormat string
	// FileBucket and FileKey are an S3 object from which the function takes the
	// encrypted file. Both may be tokens, such as parameters of the stack. The
	// object's content is not looked at here: with SopsFilePath beside it, that
	// file is checked at synth, and says which keys the function may use; without,
	// DecryptionKeys do, and the names of keys are not checked. A changed object
	// under the same key is no change of the stack: see Resync.
	// Default: the file travels in the template, or as an asset if it is large.
	FileBucket awss3.IBucket
	FileKey    string
	// DecryptionKeys are the KMS keys of a file that is in FileBucket alone. The
	// function may decrypt with them, without an encryption context.
	// Default: none; the keys of the file at SopsFilePath.
	DecryptionKeys []awskms.IKey
	// SecretName is the secret's name in Secrets Manager.
	// Default: CloudFormation makes one.
	SecretName string
	// Description is the secret's description.
	// Default: none.
	Description string
	// RemovalPolicy is what becomes of the secret when it leaves the stack.
	// Default: DESTROY, as for the CDK's own secrets.
	RemovalPolicy awscdk.RemovalPolicy
	// Delivery is how the values reach the secret.
	// Default: Delivery_SYNC.
	Delivery Delivery
	// AllowedKeys are all that the file may name as master keys: see
	// [SetAllowedKeys].
	// Default: what SetAllowedKeys says for the app, else anything.
	AllowedKeys []string
	// AgeIdentities are where the function finds age identities, for a file whose
	// groups have no KMS key.
	// Default: none; the function decrypts with KMS.
	AgeIdentities []*AgeIdentity
	// Resync is any text. When it is another than at the last deploy, the secret
	// is written again if it is not what the file says, although the file did not
	// change. The context sops:resync does so for all secrets.
	// Default: none.
	Resync string
	// SyncProvider is the function that fills the secret, of the same stack.
	// Default: the one that the stack's secrets share.
	SyncProvider *SopsSyncProvider
	// DemonstrationIdentity is the published age identity, as the content of its
	// file, of the SOPS file that comes with this project. It opens that very
	// file alone: with any other file it is not used.
	// Default: none.
	DemonstrationIdentity string
}

// SopsSecret is a secret in Secrets Manager whose value comes from a SOPS file.
//
// The value is one JSON object of strings, with a name for each value of the
// file: {"a": {"b": [1, true]}} lands as {"a.b[0]": "1", "a.b[1]": "true"}.
//
// Its children are "Resource", the CDK's own secret, and "Sync", the custom
// resource that fills it through the stack's function, "SopsSyncProvider".
type SopsSecret struct {
	constructs.Construct
	path   string
	names  []string // the keys, or nil where the file was not read
	filled *filledSecret
}

// NewSopsSecret makes a secret from a SOPS file. It panics on misuse, and where
// the file cannot be used: when it is missing, not encrypted, changed since sops
// encrypted it, needs keys that neither this machine nor the function has, or
// holds more than the 65,536 bytes that a secret takes.
func NewSopsSecret(scope constructs.Construct, id string, props *SopsSecretProps) *SopsSecret {
	s := &SopsSecret{}
	constructs.NewConstruct_Override(s, scope, &id)
	CheckContext(s)
	if props == nil {
		props = &SopsSecretProps{}
	}
	if err := props.check(); err != nil {
		s.fail(err)
	}
	s.path = props.SopsFilePath
	stack := awscdk.Stack_Of(s)
	if props.SecretName != "" {
		if err := stateOf(s).claimName(stack, props.SecretName, *s.Node().Path()); err != nil {
			s.fail(err)
		}
	}
	stateOf(s).secrets++

	src := s.readSource(props)
	s.names = src.names

	s.filled = &filledSecret{}
	awssecretsmanager.NewSecret_Override(s.filled, s, new("Resource"), &awssecretsmanager.SecretProps{
		SecretName:    optional(props.SecretName),
		Description:   optional(props.Description),
		RemovalPolicy: props.RemovalPolicy,
	})
	resource := s.filled.Node().DefaultChild().(awssecretsmanager.CfnSecret)
	// Nothing reads a random value: the secret has none before its first sync.
	resource.AddPropertyDeletionOverride(new("GenerateSecretString"))
	if src.content != nil {
		tagProvenance(resource, sourceName(s.path), src.content, src.lastModified)
	}

	provider := s.syncProviderFor(props.SyncProvider)
	for _, statement := range src.statements {
		provider.allow(statement)
	}
	provider.allow(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new(statementID("SopsSecret", *s.Node().Path())),
		Actions:   strs("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"),
		Resources: &[]*string{resource.Ref()},
	}))
	p := syncprotocol.Properties{
		Protocol:  syncprotocol.Version,
		SecretArn: *resource.Ref(),
		FileName:  sourceName(props.fileName()),
		Format:    string(src.format),
		Render:    render.Flat,
		Resync:    strings.Join(nonEmpty(props.Resync, resync(s)), "/"),
	}
	for _, identity := range props.AgeIdentities {
		p.AgeIdentities = append(p.AgeIdentities, identity.place)
		for _, statement := range identity.statements(stack) {
			provider.allow(statement)
		}
	}
	s.carry(&p, src, props, provider)
	s.filled.sync = awscdk.NewCustomResource(s, new("Sync"), &awscdk.CustomResourceProps{
		ResourceType:   new(syncprotocol.ResourceType),
		ServiceToken:   provider.function.FunctionArn(),
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(provider.timeout + serviceTimeoutMargin)),
		Properties:     properties(p),
	})
	return s
}

// check says what is wrong with the properties themselves.
func (p *SopsSecretProps) check() error {
	known := []string{string(sopsfile.JSON), string(sopsfile.YAML), string(sopsfile.Dotenv), string(sopsfile.INI), string(sopsfile.Binary)}
	switch {
	case p.SopsFilePath == "" && p.FileBucket == nil:
		return errors.New("no SopsFilePath; name the SOPS file, relative to the folder of cdk.json")
	case (p.FileBucket == nil) != (p.FileKey == ""):
		return errors.New("FileBucket and FileKey name one object together; pass both or none")
	case p.FileBucket != nil && p.SopsFilePath == "" && len(p.DecryptionKeys)+len(p.AgeIdentities) == 0:
		return errors.New("no DecryptionKeys; name the KMS keys of the file in FileBucket, or pass the same file as SopsFilePath, which names them")
	case p.SopsFilePath != "" && len(p.DecryptionKeys) > 0:
		return errors.New("DecryptionKeys beside SopsFilePath would be ignored, since the file names its keys; remove them")
	case p.SopsFilePath == "" && p.SopsFileFormat == "" && *awscdk.Token_IsUnresolved(p.FileKey):
		return errors.New("no SopsFileFormat, and FileKey is a token, whose ending is not known; pass the format")
	case p.SopsFileFormat != "" && !slices.Contains(known, p.SopsFileFormat):
		return fmt.Errorf("unknown SopsFileFormat %q; known are %s", p.SopsFileFormat, nearest.List(known))
	case p.Delivery != "" && p.Delivery != Delivery_SYNC:
		return fmt.Errorf("unknown Delivery %q; known is %q", p.Delivery, Delivery_SYNC)
	}
	return nil
}

// fileName is the name of the file wherever it is.
func (p *SopsSecretProps) fileName() string {
	if p.SopsFilePath != "" {
		return p.SopsFilePath
	}
	return p.FileKey
}

// format is the file's format, given or by its name.
func (p *SopsSecretProps) format() sopsfile.Format {
	if p.SopsFileFormat != "" {
		return sopsfile.Format(p.SopsFileFormat)
	}
	return sopsfile.FormatOf(p.fileName())
}

// Secret is the secret as the CDK knows it, to be passed to any construct that
// takes one. Whatever refers to it is created after the secret was filled.
func (s *SopsSecret) Secret() awssecretsmanager.ISecret { return s.filled }

// GrantRead allows grantee to read the secret: secretsmanager:GetSecretValue and
// secretsmanager:DescribeSecret. What needs the grant is created after the
// secret was filled.
func (s *SopsSecret) GrantRead(grantee awsiam.IGrantable) awsiam.Grant {
	return s.filled.GrantRead(grantee, nil)
}

// Key is one key of the secret, by its name in the secret's JSON, such as
// "database.users[0].password". It panics when the file has no such key.
//
// Where the file was not read, since the command does not need the secret's
// stack, the name is not checked.
func (s *SopsSecret) Key(name string) *SecretKey {
	if s.names != nil && !slices.Contains(s.names, name) {
		s.fail(fmt.Errorf("no key %q in %s%s", name, s.path, nearest.Hint(name, s.names)))
	}
	return &SecretKey{secret: s, name: name}
}

// fail panics with err as a message about this construct.
func (s *SopsSecret) fail(err error) {
	panic(fmt.Errorf("constructs: SopsSecret %q: %w", *s.Node().Path(), err))
}

// sourceName is the path as the app gives it, without what differs from one
// machine to the next.
func sourceName(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Base(path)
	}
	return filepath.ToSlash(filepath.Clean(path))
}

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
