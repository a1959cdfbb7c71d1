package constructs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// ImportedSopsSecretProps say what the secret is, besides its name: the file that
// fills it, and its key.
type ImportedSopsSecretProps struct {
	// SopsFilePath is the SOPS file that fills the secret where it is made, relative
	// to the folder of cdk.json. Its names are checked here; it is not decrypted.
	// Default: none; the names of keys are not checked.
	SopsFilePath string
	// SopsFileFormat is the file's format: see [SopsSecretProps].
	SopsFileFormat string
	// EncryptionKey is the customer's key that encrypts the secret.
	// Default: the account's own key, aws/secretsmanager.
	EncryptionKey awskms.IKey
}

// ImportedSopsSecret is a secret that a [SopsSecret] fills in another stack, app,
// region or account. Import one with ImportSopsSecretFromCompleteArn and its kin.
//
// Nothing orders this stack after the one that fills the secret.
type ImportedSopsSecret struct {
	constructs.Construct
	readable *readableSecret
}

// ImportSopsSecretFromCompleteArn imports a secret by its full ARN, which ends in
// a hyphen and six characters.
func ImportSopsSecretFromCompleteArn(scope constructs.Construct, id, secretCompleteArn string, props *ImportedSopsSecretProps) *ImportedSopsSecret {
	return importSopsSecret(scope, id, props, &awssecretsmanager.SecretAttributes{SecretCompleteArn: &secretCompleteArn})
}

// ImportSopsSecretFromPartialArn imports a secret by its ARN without the hyphen
// and the six characters at the end.
func ImportSopsSecretFromPartialArn(scope constructs.Construct, id, secretPartialArn string, props *ImportedSopsSecretProps) *ImportedSopsSecret {
	return importSopsSecret(scope, id, props, &awssecretsmanager.SecretAttributes{SecretPartialArn: &secretPartialArn})
}

// ImportSopsSecretFromName imports a secret of this account and region by its name.
func ImportSopsSecretFromName(scope constructs.Construct, id, secretName string, props *ImportedSopsSecretProps) *ImportedSopsSecret {
	if strings.HasPrefix(secretName, "arn:") {
		panic(fmt.Errorf("constructs: ImportedSopsSecret %q: the name %q is an ARN; import the secret from that", id, secretName))
	}
	stack := awscdk.Stack_Of(scope)
	arn := stack.FormatArn(&awscdk.ArnComponents{
		Service: new("secretsmanager"), Resource: new("secret"), ResourceName: &secretName, ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
	return importSopsSecret(scope, id, props, &awssecretsmanager.SecretAttributes{SecretPartialArn: arn})
}

// ImportSopsSecretFromAttributes imports a secret as the CDK's
// Secret.fromSecretAttributes does. The key may stand in attributes or in props.
func ImportSopsSecretFromAttributes(scope constructs.Construct, id string, attributes *awssecretsmanager.SecretAttributes, props *ImportedSopsSecretProps) *ImportedSopsSecret {
	return importSopsSecret(scope, id, props, attributes)
}

func importSopsSecret(scope constructs.Construct, id string, props *ImportedSopsSecretProps, attributes *awssecretsmanager.SecretAttributes) *ImportedSopsSecret {
	s := &ImportedSopsSecret{}
	constructs.NewConstruct_Override(s, scope, &id)
	if props == nil {
		props = &ImportedSopsSecretProps{}
	}
	s.readable = &readableSecret{
		construct: s,
		kind:      "ImportedSopsSecret",
		file:      sourceName(props.SopsFilePath),
		imported:  true,
	}
	CheckContext(s)
	key := props.EncryptionKey
	switch {
	case attributes == nil:
		s.fail(errors.New("no attributes; pass the ARN"))
	case key != nil && attributes.EncryptionKey != nil && key != attributes.EncryptionKey:
		s.fail(errors.New("EncryptionKey is another one than that of the attributes; pass it once"))
	case key == nil:
		key = attributes.EncryptionKey
	}
	s.readable.key = key
	s.readable.secret = newHeldSecret(s.readable, &awssecretsmanager.SecretAttributes{
		SecretCompleteArn: attributes.SecretCompleteArn, SecretPartialArn: attributes.SecretPartialArn, EncryptionKey: key,
	})
	s.readable.refuseWriters()
	s.readable.needed = *awscdk.Stack_Of(s).BundlingRequired()
	if props.SopsFilePath != "" {
		names, err := readNames(props.SopsFilePath, props.SopsFileFormat)
		if err != nil && s.readable.needed {
			s.fail(err)
		}
		s.readable.names = names
	}
	return s
}

// readNames gives the names of the keys that a file fills a secret with, without
// decrypting it.
func readNames(path, given string) ([]string, error) {
	format := sopsfile.FormatOf(path)
	if given != "" {
		format = sopsfile.Format(given)
	}
	_, file, err := parseFile(path, format)
	if err != nil {
		return nil, err
	}
	names, err := render.Names(file.Structure(), render.Flat)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return names, nil
}

// parseFile reads a file, and says in its errors what to do.
func parseFile(path string, format sopsfile.Format) ([]byte, *sopsfile.File, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("there is no file %s; create it with \"%s\"", path, createCommand(path))
	}
	if err != nil {
		return nil, nil, err // it names the file
	}
	file, err := sopsfile.Parse(content, format)
	if errors.Is(err, sopsfile.ErrNotEncrypted) {
		return nil, nil, fmt.Errorf("%s is not encrypted; encrypt it with \"%s\", and replace its values if it was ever pushed", path, inFolder(path, "sops encrypt --in-place"))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return content, file, nil
}

// Secret is the secret as the CDK knows it.
func (s *ImportedSopsSecret) Secret() awssecretsmanager.ISecret { return s.readable.secret }

// GrantRead allows grantee to read the secret, as [SopsSecret.GrantRead] does, by
// the grantee's own policy. What its owner must add to the policies of secret and
// key, for a grantee of another account, is a warning that prints the statements.
func (s *ImportedSopsSecret) GrantRead(grantee awsiam.IGrantable, versionStages ...string) awsiam.Grant {
	return s.readable.grantRead(grantee, versionStages)
}

// Key is one key of the secret: see [SopsSecret.Key]. It names no version.
func (s *ImportedSopsSecret) Key(name string) *SecretKey { return s.readable.secretKey(name) }

// RdsCredentials are a user and a password from two keys: see [SopsSecret.RdsCredentials].
func (s *ImportedSopsSecret) RdsCredentials(username, password string) awsrds.Credentials {
	return s.readable.rdsCredentials(username, password)
}

func (s *ImportedSopsSecret) fail(err error) { s.readable.fail(err) }
