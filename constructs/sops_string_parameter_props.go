package sopsconstructs

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	"github.com/ebb7bed6/sopscdk/internal/render"
)

// SopsStringParameterProps are the properties of a [SopsStringParameter].
type SopsStringParameterProps struct {
	// SopsFilePath is the SOPS file, relative to the folder of cdk.json: the short form
	// of a SopsFile with nothing but a Path.
	// Required, unless SopsFile is given.
	SopsFilePath string
	// SopsFile is the SOPS file, where there is more to say of it than its path.
	// Default: the file at SopsFilePath.
	SopsFile *SopsFile
	// Output is what of the file lands in the parameter: at most 4,096 bytes in the standard
	// tier and 8,192 in the advanced one, without the text "{{". OutputBinary cannot.
	// Default: OutputFlatJSON.
	Output Output
	// ParameterName is the parameter's name: "name", or "/path/name" with up to 15 levels.
	// Letters, digits and the marks . - _ are possible, and no aws or ssm at the start.
	// Required.
	ParameterName string
	// Adopt takes over a parameter of that name that exists, whether it was made by hand or
	// by a stack that is gone. If the deploy that does so is rolled back, or the construct is
	// removed before a later deploy changes the parameter, it has its value again and stays.
	// After that it is the stack's own, and RemovalPolicy holds. A String cannot become a
	// SecureString: remove it before.
	// Default: false; such a parameter makes the deploy fail.
	Adopt bool
	// Description is the parameter's description, of up to 1,024 characters. A changed one
	// writes the value again, as a new version; one that is removed stays in SSM until
	// another takes its place.
	// Default: none.
	Description string
	// EncryptionKey is the customer-managed key that encrypts the parameter in SSM (not the
	// file, which names its keys). It may be of another stack, or imported.
	// Default: the account's own key, aws/ssm.
	EncryptionKey awskms.IKey
	// RemovalPolicy is what becomes of the parameter when it leaves the stack: DESTROY,
	// RETAIN or RETAIN_ON_UPDATE_OR_DELETE. With RETAIN it also stays when the deploy that
	// creates it fails, and then stops the next one.
	// Default: DESTROY.
	RemovalPolicy awscdk.RemovalPolicy
	// Resync is any text. When it is another than at the last deploy, the parameter is
	// written again if it is not what the file says, although the file did not change. The
	// context sops:resync does so for all.
	// Default: none.
	Resync string
	// SyncProvider is the function that fills the parameter, of the same stack.
	// Default: the one that the stack's secrets and parameters share.
	SyncProvider *SopsSyncProvider
	// Tags are the parameter's tags, up to 45. The CDK's own Tags do not reach it, since no
	// resource of CloudFormation stands for it. A changed tag makes no version.
	// Default: none but those of the function.
	Tags map[string]string
	// Tier is STANDARD or ADVANCED. AWS charges for the advanced one, which never becomes a
	// standard one again.
	// Default: by the size of the value.
	Tier awsssm.ParameterTier
}

func (p *SopsStringParameterProps) settings() parameterSettings {
	return parameterSettings{p.Adopt, p.Description, p.EncryptionKey, p.RemovalPolicy, p.Resync, p.SyncProvider, p.Tags, p.Tier}
}

// check returns what is wrong with the properties themselves, besides the file's.
func (p *SopsStringParameterProps) check(*SopsFile) error {
	settings := p.settings()
	switch {
	case p.ParameterName == "":
		return errors.New("no ParameterName; give it one, since the function makes the parameter, and its rights name it")
	case isToken(p.ParameterName):
		return errors.New("the ParameterName is a token; pass the name itself")
	case p.Output == OutputBinary:
		return errors.New("a parameter holds text, and OutputBinary is none; use OutputRaw for text, or a SopsSecret")
	case p.Output.render().Check() != nil:
		return p.Output.unknown()
	}
	if err := render.CheckParameterName(p.ParameterName); err != nil {
		return fmt.Errorf("invalid ParameterName %w", err)
	}
	return settings.check()
}
