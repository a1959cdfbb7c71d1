package sopsconstructs

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
)

// SopsSecretProps are the properties of a [SopsSecret].
type SopsSecretProps struct {
	// SopsFilePath is the SOPS file, relative to the folder of cdk.json: the short form
	// of a SopsFile with nothing but a Path.
	// Required, unless SopsFile is given.
	SopsFilePath string
	// SopsFile is the SOPS file, where there is more to say of it than its path.
	// Default: the file at SopsFilePath.
	SopsFile *SopsFile
	// Output is what of the file lands in the secret.
	// Default: OutputFlatJSON.
	Output Output
	// SecretName is the secret's name in Secrets Manager.
	// Default: CloudFormation makes one.
	SecretName string
	// Adopt fills the secret of that name, which exists in this account and region, instead of
	// making one: it was made by hand, by another tool, or by a stack that let go of it. It
	// keeps its ARN, has a value at all times, and a new version only where the file says
	// something else; what was there before is AWSPREVIOUS, and stays current until the sync.
	// It stays when the construct is removed. The deploy fails for a secret that rotates by
	// itself. Two stacks that adopt one secret write over each other: adopt it in one. If this
	// stack has made the secret so far, deploy it with RETAIN before: CloudFormation would
	// otherwise delete it at the end of the deploy in which its resource leaves the template. EncryptionKey is then the key that it has, and
	// Description, RemovalPolicy and ReplicaRegions are not set from here. To have
	// CloudFormation own it, import it: docs/migrating.md has the steps.
	// Default: false; if such a secret exists, the deploy fails.
	Adopt bool
	// Description is the secret's description.
	// Default: none.
	Description string
	// RemovalPolicy is what becomes of the secret when it leaves the stack. To keep a
	// secret with a SecretName, use RETAIN_ON_UPDATE_OR_DELETE: with RETAIN it also stays
	// when the deploy that creates it fails, and its name then stops the next deploy.
	// Default: DESTROY, as for the CDK's own secrets.
	RemovalPolicy awscdk.RemovalPolicy
	// EncryptionKey is the customer-managed key that encrypts the secret in Secrets Manager
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
	// Resync is any text. When it is another than at the last deploy, the secret
	// is written again if it is not what the file says, although the file did not
	// change. The context sops:resync does so for all secrets.
	// Default: none.
	Resync string
	// SyncProvider is the function that fills the secret, of the same stack.
	// Default: the one that the stack's secrets share.
	SyncProvider *SopsSyncProvider
	// UnsafePlaintextInTemplate puts the decrypted values into the template, with no
	// function at all: whoever may read the template, the assembly in cdk.out, the
	// bucket that cdk uploads it to, or the stack's history reads the secret. Synth
	// warns. It cannot be synthesized with sops:decrypt=skip.
	// Default: false; the encrypted file travels, and a function in the account
	// decrypts it.
	UnsafePlaintextInTemplate bool
}

// secretName is what Secrets Manager takes: see Name in CreateSecret in its API
// reference.
var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)

// likeComplete is a name that ends as Secrets Manager ends an ARN.
var likeComplete = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

// check returns what is wrong with the properties themselves, besides the file's.
func (p *SopsSecretProps) check(file *SopsFile) error {
	switch {
	case p.SecretName != "" && !isToken(p.SecretName) && !secretName.MatchString(p.SecretName):
		return fmt.Errorf("invalid SecretName %q; use 1 to 512 letters, digits and /_+=.@-", p.SecretName)
	case p.Adopt && p.SecretName == "":
		return errors.New("no SecretName; Adopt needs the name of the secret that exists")
	case p.Adopt && (p.Target != nil || p.Description != "" || p.RemovalPolicy != "" || len(p.ReplicaRegions) > 0 || p.UnsafePlaintextInTemplate):
		return errors.New("with Adopt the stack does not own the secret, so Target, Description, RemovalPolicy, ReplicaRegions and UnsafePlaintextInTemplate have no effect; remove them")
	case p.Adopt && likeComplete.MatchString(p.SecretName):
		return fmt.Errorf("the SecretName %q ends like an ARN, in a hyphen and six characters, and Secrets Manager may not find it by its name; pass the secret as Target, by Secret_FromSecretCompleteArn", p.SecretName)
	case p.Output.render().Check() != nil:
		return p.Output.unknown()
	case p.Target != nil && (p.SecretName != "" || p.Description != "" || p.RemovalPolicy != "" || p.EncryptionKey != nil || len(p.ReplicaRegions) > 0):
		return errors.New("SecretName, Description, RemovalPolicy, EncryptionKey and ReplicaRegions are those of the Target; remove them here")
	case p.UnsafePlaintextInTemplate && (p.Target != nil || p.SyncProvider != nil || p.Resync != "" || slices.ContainsFunc(file.single(), (*SopsFile).isForFunction)):
		return errors.New("a Target, Bucket, SyncProvider, Resync and AgeIdentities are for the function, which UnsafePlaintextInTemplate does without; remove them")
	case p.UnsafePlaintextInTemplate && p.Output == OutputBinary:
		return errors.New("UnsafePlaintextInTemplate cannot hold OutputBinary, since a template has no SecretBinary; remove one")
	case p.EncryptionKeyPolicyElsewhere && p.EncryptionKey == nil && p.Target == nil:
		return errors.New("EncryptionKeyPolicyElsewhere has no effect without EncryptionKey; pass the key, or remove it")
	}
	return nil
}
