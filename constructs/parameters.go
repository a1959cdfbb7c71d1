package sopsconstructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// parameters are the parameters that one sync fills: one, or those below a prefix.
type parameters struct {
	*site
	file string // for messages
	// names are all of them, or nil where they are not known.
	names []render.ParameterName
	// selected is what of the file lands; nil where it was not read.
	selected *synthfile.Selected
	// root is the one name, or, if many, the prefix without a slash at its end.
	root string
	many bool
	// arn is the ARN of any parameter, as far as the name.
	arn string
	// key encrypts the parameters, and keyARN is its ARN; nil for the account's own key.
	key    awskms.IKey
	keyARN string
	sync   *syncResource
}

func newParameters(s *site, file *SopsFile, root string, many bool) *parameters {
	return &parameters{site: s, file: file.name(), root: root, many: many, arn: s.stack.parametersARN()}
}

// fill makes the sync that fills the parameters.
func (p *parameters) fill(file source, lands landing, settings parameterSettings) {
	if settings.EncryptionKey != nil {
		p.key, p.keyARN = p.aliasTarget("EncryptionKey", settings.EncryptionKey)
		letAccountUse(p.key, p.keyARN, p.stack, "ssm")
	}
	p.claimNames()
	target := settings.target()
	target.KeyID = p.keyARN
	for _, name := range p.names {
		target.Names = append(target.Names, name.Name)
	}
	if n := lands.naming; n != nil {
		target.Prefix, target.Separator = n.Prefix, n.Separator
		if n.SkipEmpty {
			target.SkipEmpty = "true"
		}
	}
	p.sync = newSync(p.site, syncProps{
		file:       file,
		output:     lands.output,
		target:     syncprotocol.Target{Parameters: target},
		rights:     parameterRights(p),
		parameters: len(p.names),
		provider:   settings.SyncProvider,
		resync:     settings.Resync,
	})
	if settings.RemovalPolicy == awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE {
		p.sync.resource.ApplyRemovalPolicy(settings.RemovalPolicy, nil)
	}
}

// claimNames makes this the construct that fills the parameters, and panics where another
// one fills one of them.
func (p *parameters) claimNames() {
	warned := false
	for _, name := range p.names {
		other, surely := p.claim(p.stack.env, parameterNames, name.Name)
		switch {
		case surely:
			p.fail(fmt.Errorf("the parameter %q is filled by %q in the same account and region; give one of them another name, or their stacks another env", name.Name, other))
		case other != "" && !warned:
			warned = true
			p.warn("name", fmt.Sprintf("The parameter %q is filled by %q of another Stage, too. Both deploys succeed only in different accounts or regions: give the Stages an env, so that this can be checked, or one of the parameters another name.", name.Name, other))
		}
	}
}

// arnOf returns the ARN of what has that name. It does not wait for the sync.
func (p *parameters) arnOf(name string) string { return p.arn + strings.TrimPrefix(name, "/") }

// synced returns a name as others refer to it, once the parameters are filled: what all
// names begin with comes from the sync. The slash before it stays in view, since the CDK
// looks for one where it makes an ARN of a name.
func (p *parameters) synced(name string) string {
	slash := ""
	if strings.HasPrefix(name, "/") {
		slash = "/"
	}
	return slash + p.syncedEnd(name)
}

// syncedEnd is synced without the slash at the start.
func (p *parameters) syncedEnd(name string) string {
	return p.sync.attribute(syncprotocol.AttrPath) + strings.TrimPrefix(name, p.root)
}

// parameterContext is the condition key of what SSM puts into the encryption context. See
// "How AWS Systems Manager Parameter Store uses AWS KMS" in the user guide of SSM.
const parameterContext = "kms:EncryptionContext:PARAMETER_ARN"

// keyConditions limit the use of a key to SSM in a region, and to the parameter with that
// ARN or, if below, to those below it.
func (p *parameters) keyConditions(region, arn string, below bool) keypolicy.Condition {
	c := keypolicy.Condition{"StringEquals": {"kms:ViaService": viaService(region, p.stack, "ssm")}}
	if below {
		c["StringLike"] = map[string]any{parameterContext: arn + "/*"}
	} else {
		c["StringEquals"][parameterContext] = arn
	}
	return c
}
