package assembly_test

import (
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

func TestExportedVersion(t *testing.T) {
	version := attribute("Sync", "VersionId")
	key := join("{{resolve:secretsmanager:", attribute("Sync", "Arn"), ":SecretString:k::", version, "}}")
	for _, c := range []struct {
		name   string
		output any
		found  bool
	}{
		{"the version", export(version, "e"), true},
		{"a reference to one key", export(key, "e"), true},
		{"in Fn::Sub", export(object{"Fn::Sub": "v=${Sync.VersionId}"}, "e"), true},
		{"in another function", export(object{"Fn::If": list{"C", version, "x"}}, "e"), true},
		{"of a nested stack", export(attribute("Nested", "Outputs.V"), "e"), true},
		{"not exported", output(version), false},
		{"the ARN", export(attribute("Sync", "Arn"), "e"), false},
		{"the version of something else", export(attribute("Other", "VersionId"), "e"), false},
		{"another attribute", export(attribute("Sync", "VersionIds"), "e"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			nested := with(template(filled(nil)), object{"Outputs": object{"V": output(version)}})
			home := with(template(with(filled(nil), object{"Other": resource("Custom::Other", nil), "Nested": nestedIn("nested.json", nil)})), object{"Outputs": object{"Out": c.output}})
			folder := assemblyOf(t, map[string]any{"S.template.json": home, "nested.json": nested})
			got := checkStacks(t, nil, stack(folder, "S"))
			if !c.found {
				expect(t, got)
				return
			}
			want := []string{"exported-version S.template.json Out: exports the version of a synced secret"}
			if c.name == "a reference to one key" { // an output is no place for one, either
				want = append(want, "literal-reference S.template.json Out: the output Out refers to a value of the secret")
			}
			expect(t, got, want...)
			if f := got[0]; f.Severity != assembly.Fatal || f.Fix != "export the secret's ARN instead" || f.ConstructPath != "S" || f.Locations[0] != "/Outputs/Out/Value" {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestVersionCarriedToAnotherRegion(t *testing.T) {
	for attributeName, want := range map[string][]string{"Arn": nil, "VersionId": {"exported-version S.template.json Writer: carries the version of a synced secret to another region"}} {
		home := filled(nil)
		home["Writer"] = resource("Custom::CrossRegionExportWriter", object{"WriterProps": object{"exports": object{"/cdk/exports/x": attribute("Sync", attributeName)}}})
		expect(t, check(t, home), want...)
	}
}
