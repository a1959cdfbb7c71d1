package assembly

import (
	"fmt"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// template is one template of the assembly, as the stack or nested stack that it is.
type template struct {
	*cfn.Template
	world         *world
	number        int
	folder        string
	constructPath string
	stackName     string // "" where it is not known
	account       string // "" where only a deploy knows it
	region        string
	assets        assets    // of the top-level stack, which uploads those of nested stacks too
	parent        *template // of a nested stack
	resource      string    // logical id of the nested stack in the parent
	nested        map[string]*template
	resolved      map[cfn.Reference]string
}

// maxResolved is the length in bytes at which the text of a reference is cut.
// CloudFormation takes parameters and outputs of at most 4,096 bytes; without a limit,
// nested stacks could double a text at each level.
const maxResolved = 64 << 10

const crossRegionReader = "Custom::CrossRegionExportReader"

// text returns the text of a value of the template. A reference to a resource of any
// template of the assembly has the same text wherever it stands: see [template.token].
// ARNs have no partition.
func (t *template) text(v any) string {
	return withoutPartition(cfn.Text(v, t.lookup))
}

// token returns the text of a reference to what only a deploy knows: as Fn::Sub writes
// it, with the template in front, so that resources of two stacks with the same logical
// id are told apart.
func (t *template) token(r cfn.Reference) string {
	return fmt.Sprintf("${#%d.%s", t.number, strings.TrimPrefix(r.String(), "${"))
}

// lookup resolves a reference of the template, across templates. It implements
// [cfn.Lookup].
func (t *template) lookup(r cfn.Reference) (string, bool) {
	if text, ok := t.resolved[r]; ok {
		return text, true
	}
	t.resolved[r] = t.token(r) // what refers to itself ends here
	text := t.resolve(r)
	t.resolved[r] = text[:min(len(text), maxResolved)]
	return t.resolved[r], true
}

func (t *template) resolve(r cfn.Reference) string {
	switch r.Function {
	case cfn.Ref:
		if strings.HasPrefix(r.Name, "AWS::") {
			return t.pseudo(r)
		}
		if t.parent != nil {
			parameters, _ := t.parent.Resources[t.resource].Properties["Parameters"].(map[string]any)
			if value, ok := parameters[r.Name]; ok {
				return t.parent.text(value)
			}
		}
	case cfn.GetAtt:
		if name, ok := strings.CutPrefix(r.Attribute, "Outputs."); ok && t.nested[r.Name] != nil {
			if output, ok := t.nested[r.Name].Outputs[name]; ok {
				return t.nested[r.Name].text(output.Value)
			}
		}
		if t.Resources[r.Name].Type == crossRegionReader {
			if l, ok := t.nearest(t.world.carried[r.Attribute]); ok {
				return l.from.text(l.value)
			}
		}
	case cfn.ImportValue:
		if l, ok := t.nearest(t.world.exports[r.Name]); ok {
			return l.from.text(l.value)
		}
		return r.String()
	case cfn.GetStackOutput:
		if from := t.stackOf(r); from != nil {
			return from.text(from.Outputs[r.Attribute].Value)
		}
		return r.String()
	}
	return t.token(r)
}

// pseudo returns the text of a pseudo parameter.
func (t *template) pseudo(r cfn.Reference) string {
	switch r.Name {
	case "AWS::Region":
		return known(t.region, r)
	case "AWS::AccountId":
		return known(t.account, r)
	case "AWS::StackName":
		if t.stackName != "" {
			return t.stackName
		}
	case "AWS::Partition", "AWS::URLSuffix":
		return r.String()
	case "AWS::NoValue":
		return ""
	}
	return t.token(r)
}

func known(value string, r cfn.Reference) string {
	if value == "" {
		return r.String()
	}
	return value
}

// place returns the account and region of the template, as its texts have them.
func (t *template) place() (account, region string) {
	return known(t.account, cfn.Reference{Function: cfn.Ref, Name: "AWS::AccountId"}),
		known(t.region, cfn.Reference{Function: cfn.Ref, Name: "AWS::Region"})
}
