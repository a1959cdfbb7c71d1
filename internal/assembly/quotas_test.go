package assembly_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

// What CloudFormation does not take of a template that fills a secret is fatal.
func TestQuotas(t *testing.T) {
	outputs := func(n int) object {
		all := object{}
		for i := range n {
			all[fmt.Sprintf("O%d", i)] = output("x")
		}
		return all
	}
	for name, c := range map[string]struct {
		resources, outputs object
		size               int // of a description
		want               string
	}{
		"as many outputs as it takes": {filled(nil), outputs(200), 0, ""},
		"one more":                    {filled(nil), outputs(201), 0, "outputs S: the template has 201 outputs, and CloudFormation takes 200; each secret that another stack refers to is one"},
		"as large as it takes":        {filled(nil), nil, 990_000, ""},
		"larger":                      {filled(nil), nil, 1_000_000, "template-size S: the template has 1"},
		"somebody else's":             {object{"Q": resource("AWS::SQS::Queue", nil)}, outputs(300), 2_000_000, ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := assemblyOf(t, map[string]any{"S.template.json": object{
				"Resources": c.resources, "Outputs": c.outputs, "Description": strings.Repeat("d", c.size),
			}})
			got := ""
			for _, f := range checkStacks(t, nil, stack(folder, "S")) {
				if f.Severity != assembly.Fatal || f.Fix == "" {
					t.Errorf("got severity %s and the fix %q", f.Severity, f.Fix)
				}
				got += fmt.Sprintf("%s %s: %s", f.Rule, f.ConstructPath, f.Description)
			}
			if (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
