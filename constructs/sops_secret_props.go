package constructs

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
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
	// EncryptionKey is the customer's key that encrypts the secret in Secrets Manager
	// (not the file, which names its keys). It may be of another stack, or imported.
	// Default: the account's own key, aws/secretsmanager, with which no other
	// account can read the secret.
	EncryptionKey awskms.IKey
	// EncryptionKeyPolicyElsewhere says that the policy of an imported EncryptionKey
	// has the statements for readers of other accounts, which cannot be added here.
	// Default: false; such a grant panics, and prints the statement.
	EncryptionKeyPolicyElsewhere bool
	// ReplicaRegions are further regions that the secret is replicated to. A sync has
	// succeeded when every replica is in sync.
	// Default: none.
	ReplicaRegions []*awssecretsmanager.ReplicaRegion
	// Target is a secret that exists, in this account and region, to fill instead of
	// a new one. SecretName, Description, RemovalPolicy, EncryptionKey and
	// ReplicaRegions are then those it has.
	// Default: a new secret.
	Target awssecretsmanager.ISecret
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

// secretName is what Secrets Manager takes: see Name in CreateSecret in its API
// reference.
var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)

// check says what is wrong with the properties themselves.
func (p *SopsSecretProps) check() error {
	known := []string{string(sopsfile.JSON), string(sopsfile.YAML), string(sopsfile.Dotenv), string(sopsfile.INI), string(sopsfile.Binary)}
	switch {
	case p.SecretName != "" && !*awscdk.Token_IsUnresolved(&p.SecretName) && !secretName.MatchString(p.SecretName):
		return fmt.Errorf("the SecretName %q is none; use 1 to 512 letters, digits and /_+=.@-", p.SecretName)
	case p.SopsFilePath == "" && p.FileBucket == nil:
		return errors.New("no SopsFilePath; name the SOPS file, relative to the folder of cdk.json")
	case (p.FileBucket == nil) != (p.FileKey == ""):
		return errors.New("FileBucket and FileKey name one object together; pass both or none")
	case p.FileBucket != nil && p.SopsFilePath == "" && len(p.DecryptionKeys)+len(p.AgeIdentities) == 0:
		return errors.New("no DecryptionKeys; name the KMS keys of the file in FileBucket, or pass the same file as SopsFilePath, which names them")
	case p.FileBucket != nil && p.SopsFilePath == "" && len(p.AgeIdentities) > 0 && p.AllowedKeys == nil:
		return errors.New("no AllowedKeys; name the age recipients, and KMS keys if any, that the object in FileBucket may have: whoever can write it could otherwise have the function publish another file that it can open")
	case slices.Contains(p.AgeIdentities, nil):
		return errors.New("an entry of AgeIdentities is nil; pass places of identities alone")
	case p.SopsFilePath != "" && len(p.DecryptionKeys) > 0:
		return errors.New("DecryptionKeys beside SopsFilePath would be ignored, since the file names its keys; remove them")
	case p.SopsFilePath == "" && p.SopsFileFormat == "" && *awscdk.Token_IsUnresolved(p.FileKey):
		return errors.New("no SopsFileFormat, and FileKey is a token, whose ending is not known; pass the format")
	case p.SopsFileFormat != "" && !slices.Contains(known, p.SopsFileFormat):
		return fmt.Errorf("unknown SopsFileFormat %q; known are %s", p.SopsFileFormat, nearest.List(known))
	case !slices.Contains([]Delivery{"", Delivery_SYNC, Delivery_PLAINTEXT_TEMPLATE}, p.Delivery):
		return fmt.Errorf("unknown Delivery %q; known are %q and %q", p.Delivery, Delivery_SYNC, Delivery_PLAINTEXT_TEMPLATE)
	case p.Target != nil && (p.SecretName != "" || p.Description != "" || p.RemovalPolicy != "" || p.EncryptionKey != nil || len(p.ReplicaRegions) > 0):
		return errors.New("SecretName, Description, RemovalPolicy, EncryptionKey and ReplicaRegions are those of the Target; remove them here")
	case p.Delivery == Delivery_PLAINTEXT_TEMPLATE && (p.Target != nil || p.FileBucket != nil || p.SyncProvider != nil || p.Resync != "" || len(p.AgeIdentities) > 0):
		return errors.New("a Target, FileBucket, SyncProvider, Resync and AgeIdentities are for the function, which Delivery_PLAINTEXT_TEMPLATE does without; remove them")
	case p.EncryptionKeyPolicyElsewhere && p.EncryptionKey == nil && p.Target == nil:
		return errors.New("EncryptionKeyPolicyElsewhere without EncryptionKey says nothing; pass the key, or remove it")
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
