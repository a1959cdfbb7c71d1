package sopsconstructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/render"
)

// SopsParameters are parameters of SSM, SecureStrings, one for each value of a SOPS file:
// with the Prefix "/app", {"db": {"hosts": ["a", "b"]}} makes /app/db/hosts/0 and
// /app/db/hosts/1. A value that leaves the file leaves SSM.
//
// The function makes them, and marks each with tags as its own: see [SopsStringParameter].
// The order is looking, writing, removing: it refuses before the first write what it may
// not write, and removes when all is written.
//
// SSM takes about three writes a second over the whole account, so that 300 new parameters
// take two minutes. The function's time follows from the number of the stack's parameters,
// of which there can be 1,620. Its rights name each parameter, and the policies of one role
// have room for some 600: give more than that to several SyncProviders.
//
// The order of a list gives its names: an item that is put in front renames all after it.
//
// Its child "Sync" is the custom resource that fills them.
type SopsParameters struct {
	constructs.Construct
	of         *parameters
	references map[string]*Parameter // by key
}

// NewSopsParameters makes parameters from a SOPS file. It panics on misuse, where the file
// is missing, not encrypted, or needs keys that the function cannot use, and for names
// that SSM does not take: two values with one name, other characters than letters, digits
// and . - _, over 15 levels, over 956 characters. What only a key can tell is checked
// before synthesis: values over 8,192 bytes, or with the text "{{".
func NewSopsParameters(scope constructs.Construct, id string, props *SopsParametersProps) *SopsParameters {
	s := &SopsParameters{references: map[string]*Parameter{}}
	if props == nil {
		props = &SopsParametersProps{}
	}
	readAhead(scope, props.SopsFilePath, props.SopsFile)
	site := newSite(s, "SopsParameters", scope, id)
	file := site.fileToFill(props.SopsFilePath, props.SopsFile, props.check)
	settings := props.settings()
	lands := inParameters(props.naming(), settings.tier())
	s.of = newParameters(site, file, strings.TrimSuffix(props.Prefix, "/"), true)
	src := site.open(file, lands)
	s.of.names, s.of.selected = src.parameters, src.selected
	s.of.fill(src, lands, settings)
	return s
}

// Parameter is the parameter of one value, by the value's name in flat JSON, such as
// "db.hosts[0]". It panics when the file has no such value, or when that makes no parameter
// (OnEmptySkip).
//
// Where the command does not need the stack, an unknown name is a warning, and where the
// file cannot be read then, no name is checked.
func (s *SopsParameters) Parameter(key string) *Parameter {
	if s.references[key] == nil {
		s.references[key] = &Parameter{of: s.of, name: s.of.named(key)}
	}
	return s.references[key]
}

// GrantRead allows grantee to read all of the parameters, and no other: see
// [Parameter.GrantRead]. It does not allow ssm:GetParametersByPath, with which a reader
// gets whatever is below a path: call ssm:GetParameters with up to ten names.
func (s *SopsParameters) GrantRead(grantee awsiam.IGrantable) awsiam.Grant {
	return s.of.grantRead(grantee, s.of.names)
}

// named returns the name of the parameter of a value, which the file must have.
func (p *parameters) named(key string) render.ParameterName {
	var keys []string
	for _, name := range p.names {
		if name.Key == key {
			p.warnOfPosition(p.selected, key)
			return name
		}
		keys = append(keys, name.Key)
	}
	if p.names != nil {
		err := fmt.Errorf("no parameter comes from a value %q in %s%s", key, p.file, nearest.Hint(key, keys))
		if p.stack.inScope {
			p.fail(err)
		}
		p.warn("key", err.Error())
	}
	return render.ParameterName{Name: p.root + "/" + key, Key: key} // for a template that is not used
}
