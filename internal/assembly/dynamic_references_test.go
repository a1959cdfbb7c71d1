package assembly_test

import (
	"fmt"
	"testing"
)

func TestDynamicReferences(t *testing.T) {
	refer := func(n int) object {
		// What is there already counts once, however it is written.
		values := list{object{"Fn::Sub": list{"x={{resolve:secretsmanager:${P}}}", object{"P": join(attribute("Sync", "Arn"), ":SecretString:a0::")}}}}
		for i := range n {
			values = append(values, join("{{resolve:secretsmanager:", attribute("Sync", "Arn"), fmt.Sprintf(":SecretString:a%d::}}", i)))
		}
		return object{"Values": resource("Test::Of::Value", object{"Value": values})}
	}
	folder := assemblyOf(t, map[string]any{
		"Few.template.json": template(refer(49)), "Many.template.json": template(refer(50)),
		"Parent.template.json": template(object{"Nested": nestedIn("nested.json", nil)}), "nested.json": template(refer(51)),
	})
	const rest = " dynamic references, and CloudFormation takes 60"
	got := checkStacks(t, nil, stack(folder, "Few"), stack(folder, "Many"), stack(folder, "Parent"))
	expect(t, got, "dynamic-references Many.template.json : the template has 50"+rest, "dynamic-references nested.json : the template has 51"+rest)
	if got[0].ConstructPath != "Many" || got[1].ConstructPath != "S/Nested" || got[0].Fix != "read secrets at run time, or split the stack" {
		t.Errorf("got %+v", got)
	}
}
