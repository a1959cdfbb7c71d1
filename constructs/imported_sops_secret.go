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
)

// ImportSopsSecretProps say which secret is imported, in exactly one of three ways,
// and what is known of it.
type ImportSopsSecretProps struct {
	// SecretCompleteArn is the full ARN, which ends in a hyphen and six characters.
	SecretCompleteArn string
	// SecretPartialArn is the ARN without the hyphen and the six characters.
	SecretPartialArn string
	// SecretName is the name of a secret of this account and region.
	SecretName string
	// SopsFilePath is the SOPS file that fills the secret where it is made, relative
	// to the folder of cdk.json. Its names are checked here; it is not decrypted.
	// Default: none; the names of keys are not checked.
	SopsFilePath string
	// SopsFile is the same file, where its Format must be said. Nothing but Path,
	// Format, AllowedKeys and NotSecret counts.
	// Default: the file at SopsFilePath.
	SopsFile *SopsFile
	// Output is what of the file lands in the secret where it is made.
	// Default: OutputFlatJSON.
	Output Output
	// EncryptionKey is the customer-managed key that encrypts the secret.
	// Default: the account's own key, aws/secretsmanager.
	EncryptionKey awskms.IKey
}

// ImportedSopsSecret is a secret that a [SopsSecret] fills in another stack, app,
// region or account.
//
// Nothing orders this stack after the one that fills the secret.
type ImportedSopsSecret struct {
	constructs.Construct
	secret *secret
}

// ImportSopsSecret imports a secret. It panics unless props name it in exactly one
// way, and where a SopsFilePath is given and that file cannot be read.
func ImportSopsSecret(scope constructs.Construct, id string, props *ImportSopsSecretProps) *ImportedSopsSecret {
	s := &ImportedSopsSecret{}
	site := newSite(s, "ImportedSopsSecret", scope, id)
	if props == nil {
		props = &ImportSopsSecretProps{}
	}
	file, err := props.check()
	if err != nil {
		site.fail(err)
	}
	s.secret = &secret{site: site, output: props.Output}
	s.secret.importAs(props)
	if file != nil {
		s.secret.file = file.name()
		s.secret.names, s.secret.selected = site.namesIn(file, props.Output)
	}
	return s
}

// check returns the file that the properties name, nil for none, or what is wrong with
// them.
func (p *ImportSopsSecretProps) check() (*SopsFile, error) {
	ways := 0
	for _, way := range []string{p.SecretCompleteArn, p.SecretPartialArn, p.SecretName} {
		if way != "" {
			ways++
		}
	}
	switch {
	case ways != 1:
		return nil, fmt.Errorf("it is named in %d ways; give exactly one of SecretCompleteArn, SecretPartialArn and SecretName", ways)
	case strings.HasPrefix(p.SecretName, "arn:"):
		return nil, fmt.Errorf("the SecretName %q is an ARN; pass it as SecretCompleteArn or SecretPartialArn", p.SecretName)
	case p.Output.render().Check() != nil:
		return nil, p.Output.unknown()
	case p.SopsFilePath == "" && p.SopsFile == nil:
		return nil, nil
	case p.SopsFile != nil && p.SopsFile.lacksPath():
		return nil, errors.New("the SopsFile has no Path; name the file that fills the secret where it is made")
	}
	return fileOf(p.SopsFilePath, p.SopsFile)
}

// importAs sets what the secret is known by, and where it is.
func (s *secret) importAs(props *ImportSopsSecretProps) {
	s.setKey("EncryptionKey", props.EncryptionKey)
	s.env = s.stack.env
	s.imported = &awssecretsmanager.SecretAttributes{EncryptionKey: s.key}
	switch {
	case props.SecretCompleteArn != "":
		s.givenARN = props.SecretCompleteArn
		s.imported.SecretCompleteArn = &s.givenARN
	case props.SecretPartialArn != "":
		s.givenARN = props.SecretPartialArn
		s.imported.SecretPartialArn = &s.givenARN
	default:
		s.name = props.SecretName
		s.givenARN = s.stack.arnOfSecret(props.SecretName)
		s.imported.SecretPartialArn = &s.givenARN
	}
	if props.SecretName == "" {
		s.env = environmentOfARN(s.givenARN)
	}
	s.app.checks.know(s, s.pattern())
}

// environmentOfARN returns the account and region in an ARN, as far as it shows them.
func environmentOfARN(arn string) environment {
	parts := strings.Split(arn, ":")
	if len(parts) < 6 || parts[0] != "arn" {
		return environment{}
	}
	return environment{account: known(parts[4]), region: known(parts[3])}
}

// Secret is the secret as the CDK knows it: see [SopsSecret.Secret].
func (s *ImportedSopsSecret) Secret() awssecretsmanager.ISecret { return s.secret.asSecret() }

// GrantRead allows grantee to read the secret, as [SopsSecret.GrantRead] does, by
// the grantee's own policy. What its owner must add to the policies of secret and
// key, for a grantee of another account, is a warning that prints the statements.
func (s *ImportedSopsSecret) GrantRead(grantee awsiam.IGrantable, versionStages ...string) awsiam.Grant {
	return s.secret.grantRead(grantee, versionStages)
}

// Key is one key of the secret: see [SopsSecret.Key]. It names no version.
func (s *ImportedSopsSecret) Key(name string) *SecretKey { return s.secret.secretKey(name) }

// RdsCredentials are a user and a password from two keys: see [SopsSecret.RdsCredentials].
func (s *ImportedSopsSecret) RdsCredentials(username, password string) awsrds.Credentials {
	return s.secret.rdsCredentials(username, password)
}
