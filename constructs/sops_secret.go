package constructs

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// maxFileProperty is the largest encoded file in bytes that travels in a
// template: CloudFormation passes it to the function twice on an update, the old
// and the new, and an event to a function is limited to 1 MB.
const maxFileProperty = 200_000

// SopsSecretProps are the properties of a [SopsSecret].
type SopsSecretProps struct {
	// SopsFilePath is the SOPS file, relative to the folder of cdk.json. Its
	// ending says its format: .json, .yaml or .yml. Required.
	SopsFilePath string
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
	if props == nil || props.SopsFilePath == "" {
		s.fail(fmt.Errorf("no SopsFilePath; name the SOPS file, relative to the folder of cdk.json"))
	}
	if props.Delivery != "" && props.Delivery != Delivery_SYNC {
		s.fail(fmt.Errorf("unknown Delivery %q; known is %q", props.Delivery, Delivery_SYNC))
	}
	s.path = props.SopsFilePath

	stack := awscdk.Stack_Of(s)
	if props.SecretName != "" {
		if err := stateOf(s).claimName(stack, props.SecretName, *s.Node().Path()); err != nil {
			s.fail(err)
		}
	}

	source := s.readSource(props)
	s.names = source.names

	s.filled = &filledSecret{}
	awssecretsmanager.NewSecret_Override(s.filled, s, new("Resource"), &awssecretsmanager.SecretProps{
		SecretName:    optional(props.SecretName),
		Description:   optional(props.Description),
		RemovalPolicy: props.RemovalPolicy,
	})
	resource := s.filled.Node().DefaultChild().(awssecretsmanager.CfnSecret)
	// Nothing reads a random value: the secret has none before its first sync.
	resource.AddPropertyDeletionOverride(new("GenerateSecretString"))

	provider := syncProviderOf(s)
	for _, statement := range source.statements {
		provider.allow(statement)
	}
	provider.allow(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new(statementID("SopsSecret", *s.Node().Path())),
		Actions:   strs("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"),
		Resources: &[]*string{resource.Ref()},
	}))
	s.filled.sync = awscdk.NewCustomResource(s, new("Sync"), &awscdk.CustomResourceProps{
		ResourceType:   new(syncprotocol.ResourceType),
		ServiceToken:   provider.function.FunctionArn(),
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(syncServiceTimeoutSeconds)),
		Properties: properties(syncprotocol.Properties{
			Protocol:  syncprotocol.Version,
			SecretArn: *resource.Ref(),
			FileName:  sourceName(props.SopsFilePath),
			Format:    string(source.format),
			Render:    render.Flat,
			File:      source.encoded,
		}),
	})
	return s
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

// optional is nil for the empty string.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
