package assembly_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

// A dynamic reference is replaced in the properties of resources alone
// (aws-cloudformation/cloudformation-coverage-roadmap#341).
func TestLiteralReferences(t *testing.T) {
	value := join("{{resolve:secretsmanager:", attribute("Sync", "Arn"), ":SecretString:a::}}")
	byName := "{{resolve:secretsmanager:app-dev:SecretString:a}}"
	byARN := "{{resolve:secretsmanager:" + arns + "app-dev-AbCdEf:SecretString:a::}}"
	other := "{{resolve:secretsmanager:app-dev-admin:SecretString:a}}"
	for name, c := range map[string]struct {
		resources object
		more      object // sections of the template
		want      []string
	}{
		"an output":                     {nil, object{"Outputs": object{"O": output(value)}}, []string{"O: the output O"}},
		"an output's description":       {nil, object{"Outputs": object{"O": object{"Value": "v", "Description": byName}}}, []string{"O: the output O"}},
		"the template's description":    {nil, object{"Description": byName}, []string{": the template's section Description"}},
		"its metadata":                  {nil, object{"Metadata": object{"a": list{value}}}, []string{": the template's section Metadata"}},
		"a mapping":                     {nil, object{"Mappings": object{"M": object{"a": object{"b": byARN}}}}, []string{": the template's section Mappings"}},
		"a parameter's default":         {nil, object{"Parameters": object{"P": object{"Type": "String", "Default": byARN}}}, []string{": the template's section Parameters"}},
		"a resource's metadata":         {object{"R": object{"Type": "Test::Of::It", "Metadata": object{"a": value}}}, nil, []string{"R: the metadata of R"}},
		"a custom resource":             {object{"R": resource("Custom::Thing", object{"a": object{"b": value}, "c": "d"})}, nil, []string{"R: the property a of R"}},
		"one of the general type":       {object{"R": resource("AWS::CloudFormation::CustomResource", object{"a": value})}, nil, []string{"R: the property a of R"}},
		"a resource's tags":             {object{"R": resource("Test::Of::It", object{"Tags": list{object{"Key": "a", "Value": value}}})}, nil, []string{"R: the property Tags of R"}},
		"tags of another name":          {object{"R": resource("Test::Of::It", object{"HostedZoneTags": object{"a": value}})}, nil, []string{"R: the property HostedZoneTags of R"}},
		"a resource's description":      {object{"R": resource("Test::Of::It", object{"Description": value})}, nil, []string{"R: the property Description of R"}},
		"a property":                    {object{"R": resource("Test::Of::It", object{"Password": value, "Environment": object{"Variables": object{"A": byName}}})}, nil, nil},
		"another secret":                {nil, object{"Outputs": object{"O": output(other)}}, nil},
		"a reference of another kind":   {nil, object{"Outputs": object{"O": output("{{resolve:ssm:app-dev}}")}}, nil},
		"the secret's ARN in an output": {nil, object{"Outputs": object{"O": output(attribute("Sync", "Arn"))}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			document := with(template(with(filled(object{"Name": "app-dev"}), c.resources)), c.more)
			folder := assemblyOf(t, map[string]any{"S.template.json": document})
			var got []string
			for _, f := range checkStacks(t, nil, stack(folder, "S")) {
				if f.Rule != assembly.RuleLiteralReference {
					continue
				}
				what, _, _ := strings.Cut(f.Description, " refers to a value of the secret \"S/Credentials\", where")
				got = append(got, f.LogicalID+": "+what)
				if f.Severity != assembly.Warning || len(f.Locations) != 1 {
					t.Errorf("got %+v", f)
				}
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The output of one stack is seen through the export of another.
func TestLiteralReferenceAcrossStacks(t *testing.T) {
	folder := assemblyOf(t, map[string]any{
		"A.template.json": with(template(filled(nil)), object{"Outputs": object{"E": export(attribute("Sync", "Arn"), "theARN")}}),
		"B.template.json": object{"Outputs": object{"O": output(join("{{resolve:secretsmanager:", importValue("theARN"), ":SecretString:a::}}"))}},
	})
	got := checkStacks(t, nil, stack(folder, "A"), stack(folder, "B"))
	expect(t, got, `literal-reference B.template.json O: the output O refers to a value of the secret "S/Credentials"`)
}
