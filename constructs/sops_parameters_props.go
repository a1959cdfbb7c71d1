package sopsconstructs

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	"github.com/ebb7bed6/sopscdk/internal/render"
)

// SopsParametersProps are the properties of [SopsParameters].
type SopsParametersProps struct {
	// SopsFilePath is the SOPS file, relative to the folder of cdk.json: the short form
	// of a SopsFile with nothing but a Path.
	// Required, unless SopsFile is given.
	SopsFilePath string
	// SopsFile is the SOPS file, where there is more to say of it than its path. With a
	// Bucket it needs the Path, too, since the names come from there.
	// Default: the file at SopsFilePath.
	SopsFile *SopsFile
	// Prefix is where all names begin: "/app" or "/app/prod", with or without a slash at its
	// end.
	// Required.
	Prefix string
	// Separator stands between the parts of a value's path, and holds letters, digits and
	// the marks . - _ alone: with "_" db.hosts[0] is PREFIX/db_hosts_0.
	// Default: a slash, PREFIX/db/hosts/0.
	Separator string
	// OnEmpty is what becomes of null and empty values.
	// Default: OnEmptyFail.
	OnEmpty OnEmpty
	// Adopt takes over parameters of these names that exist, whether they were made by hand
	// or by a stack that is gone. If the deploy that does so is rolled back, or the construct
	// is removed before a later deploy changes them, they have their values again and stay. After
	// that they are the stack's own, and RemovalPolicy holds. A String cannot become a
	// SecureString: remove it before.
	// Default: false; such a parameter makes the deploy fail, before anything is written.
	Adopt bool
	// Description is the description of each parameter, of up to 1,024 characters. A changed
	// one writes all values again, as new versions; one that is removed stays in SSM until
	// another takes its place.
	// Default: none.
	Description string
	// EncryptionKey is the customer-managed key that encrypts the parameters in SSM (not the
	// file, which names its keys). It may be of another stack, or imported.
	// Default: the account's own key, aws/ssm.
	EncryptionKey awskms.IKey
	// RemovalPolicy is what becomes of the parameters when they leave the stack, and of one
	// whose value leaves the file: DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE. With
	// RETAIN they also stay when the deploy that creates them fails, and then stop the next
	// one.
	// Default: DESTROY.
	RemovalPolicy awscdk.RemovalPolicy
	// Resync is any text. When it is another than at the last deploy, the parameters are
	// written again if they are not what the file says, although the file did not change.
	// The context sops:resync does so for all.
	// Default: none.
	Resync string
	// SyncProvider is the function that fills the parameters, of the same stack.
	// Default: the one that the stack's secrets and parameters share.
	SyncProvider *SopsSyncProvider
	// Tags are the tags of each parameter, up to 45. The CDK's own Tags do not reach them,
	// since no resource of CloudFormation stands for them. A changed tag makes no version.
	// Default: none but those of the function.
	Tags map[string]string
	// Tier is STANDARD or ADVANCED. AWS charges for advanced parameters, which never become
	// standard ones again.
	// Default: by the size of each value.
	Tier awsssm.ParameterTier
}

func (p *SopsParametersProps) settings() parameterSettings {
	return parameterSettings{p.Adopt, p.Description, p.EncryptionKey, p.RemovalPolicy, p.Resync, p.SyncProvider, p.Tags, p.Tier}
}

func (p *SopsParametersProps) naming() render.Naming {
	return render.Naming{Prefix: p.Prefix, Separator: p.Separator, SkipEmpty: p.OnEmpty == OnEmptySkip}
}

// check returns what is wrong with the properties themselves, besides the file's.
func (p *SopsParametersProps) check(file *SopsFile) error {
	settings := p.settings()
	switch {
	case p.Prefix == "":
		return errors.New("no Prefix; say where the names begin, such as /app")
	case isToken(p.Prefix) || isToken(p.Separator):
		return errors.New("the Prefix or the Separator is a token; pass the text itself, since the function's rights name the parameters")
	case p.OnEmpty != OnEmptyFail && p.OnEmpty != OnEmptySkip:
		return fmt.Errorf("unknown OnEmpty %q; use OnEmptyFail or OnEmptySkip", string(p.OnEmpty))
	case file.lacksPath():
		return errors.New("the SopsFile has no Path; pass the file that is in Bucket as Path, too: the names of the parameters come from it")
	}
	if err := p.naming().Check(); err != nil {
		return err
	}
	return settings.check()
}
