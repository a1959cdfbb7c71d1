package assembly_test

import (
	"path/filepath"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

// In every way in which the CDK lets stacks refer to each other, a writer in another
// stack is found.
func TestWritersOfOtherStacks(t *testing.T) {
	stackOutput := func(fields object) object {
		return object{"Fn::GetStackOutput": with(object{"StackName": "S", "OutputName": "Out", "Region": ireland}, fields)}
	}
	arn := attribute("Sync", "Arn")
	for _, c := range []struct {
		name   string
		output any
		refer  any
		found  bool
	}{
		{"strong", export(arn, "S:Exports"), importValue("S:Exports"), true},
		{"weak", output(arn), stackOutput(nil), true},
		{"both, by output", export(arn, "S:Exports"), stackOutput(nil), true},
		{"both, by export", export(arn, "S:Exports"), importValue("S:Exports"), true},
		{"weak, own region", output(arn), stackOutput(object{"Region": ref("AWS::Region")}), true},
		{"weak, with a role", output(arn), stackOutput(object{"RoleArn": "arn:aws:iam::111122223333:role/r"}), true},
		{"underlying", export(ref("X"), "S:Exports"), importValue("S:Exports"), true},
		{"name of the export put together", export(arn, join(ref("AWS::StackName"), ":", ref("AWS::Region"))), importValue("S:eu-west-1"), true},
		{"another export", export(arn, "S:Exports"), importValue("S:Other"), false},
		{"another output", output(arn), stackOutput(object{"OutputName": "Other"}), false},
		{"another stack", output(arn), stackOutput(object{"StackName": "T"}), false},
		{"another region", output(arn), stackOutput(object{"Region": virginia}), false},
		{"of the region", export(join(ref("AWS::Region"), arn), "S:Exports"), importValue("S:Exports"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := template(filled(nil))
			home["Outputs"] = object{"Out": c.output}
			folder := assemblyOf(t, map[string]any{
				"manifest.json": manifest("S", "Other"), "S.template.json": home, "Other.template.json": template(policy(allow(put, c.refer))),
			})
			// In both orders.
			for _, stacks := range [][]assembly.Stack{{stack(folder, "S"), stack(folder, "Other")}, {stack(folder, "Other"), stack(folder, "S")}} {
				var want []string
				if c.found {
					want = []string{`writer Other.template.json Policy: may write the secret of "S/Credentials"`}
				}
				expect(t, checkStacks(t, nil, stacks...), want...)
			}
		})
	}
}

// A sync may fill a secret that another stack makes.
func TestTargetOfAnotherStack(t *testing.T) {
	target := template(with(object{"Existing": resource("AWS::SecretsManager::Secret", object{"Name": "existing"})}, policy(allow(put, ref("Existing")))))
	target["Outputs"] = object{"Out": export(ref("Existing"), "T:Out")}
	folder := assemblyOf(t, map[string]any{"S.template.json": template(syncOf(importValue("T:Out"))), "T.template.json": target})
	expect(t, checkStacks(t, nil, stack(folder, "S"), stack(folder, "T")), `writer T.template.json Policy: may write the secret of "S/Credentials"`)
}

// Two stacks with the same logical ids are not taken for each other.
func TestWritersOfOtherSecrets(t *testing.T) {
	second := template(with(object{"X": resource("AWS::SecretsManager::Secret", nil)}, policy(allow(put, ref("X")))))
	second["Outputs"] = object{"Out": export(ref("X"), "Second:Out")}
	first := template(filled(nil))
	first["Outputs"] = object{"Out": export(ref("X"), "S:Out")}
	for name, want := range map[string][]string{"Second:Out": nil, "S:Out": {"writer Third.template.json Policy: may write"}} {
		folder := assemblyOf(t, map[string]any{
			"S.template.json": first, "Second.template.json": second, "Third.template.json": template(policy(allow(put, importValue(name)))),
		})
		expect(t, checkStacks(t, nil, stack(folder, "S"), stack(folder, "Second"), stack(folder, "Third")), want...)
	}
}

// The CDK carries values to other regions by two custom resources.
func TestWritersOfOtherRegions(t *testing.T) {
	const name = "/cdk/exports/Away/Seuwest1FnGetAttSyncArn"
	home := filled(nil)
	home["Writer"] = resource("Custom::CrossRegionExportWriter", object{"WriterProps": object{"region": virginia, "exports": object{name: attribute("Sync", "Arn")}}})
	away := policy(allow(put, attribute("Reader2", name)))
	away["Reader2"] = resource("Custom::CrossRegionExportReader", object{"ReaderProps": object{"imports": object{name: "{{resolve:ssm:" + name + "}}"}}})
	folder := assemblyOf(t, map[string]any{"S.template.json": template(home), "Away.template.json": template(away)})
	inVirginia := stack(folder, "Away")
	inVirginia.Region = virginia
	expect(t, checkStacks(t, nil, stack(folder, "S"), inVirginia), "writer Away.template.json Policy: may write")
}

func nestedIn(file string, parameters object) object {
	r := at("S/Nested", "AWS::CloudFormation::Stack", object{"Parameters": parameters})
	r["Metadata"].(object)["aws:asset:path"] = file
	return r
}

// A value goes into a nested stack by a parameter, and out of it by an output.
func TestNestedStacks(t *testing.T) {
	files := map[string]any{
		"S.template.json": template(with(filled(nil),
			object{"Into": nestedIn("into.json", object{"P": attribute("Sync", "Arn")}), "OutOf": nestedIn("outof.json", nil)},
			policy(allow(put, attribute("OutOf", "Outputs.Arn"))))),
		"into.json": template(with(policy(allow(put, ref("P"))), object{"Deeper": nestedIn("deeper.json", object{"Q": ref("P")})})),
		// The same logical id as in the parent.
		"deeper.json": template(with(policy(allow(put, ref("Q")), allow("secretsmanager:UpdateSecret", ref("X"))), object{"X": resource("AWS::SecretsManager::Secret", nil)})),
		"outof.json":  with(template(filled(nil)), object{"Outputs": object{"Arn": output(attribute("Sync", "Arn"))}}),
	}
	want := []string{"writer S.template.json Policy: may write", "writer into.json Policy: may write", "writer deeper.json Policy: may write"}
	folder := assemblyOf(t, files)
	got := checkStacks(t, nil, stack(folder, "S"))
	expect(t, got, want...)
	if locations := got[2].Locations; len(locations) != 1 {
		t.Errorf("got %q", locations)
	}

	// The same in the folder of a stage.
	staged := map[string]any{}
	for name, content := range files {
		staged["assembly-Prod/"+name] = content
	}
	folder = assemblyOf(t, staged)
	expect(t, checkStacks(t, nil, stack(filepath.Join(folder, "assembly-Prod"), "S")), want...)
}

// Stages may have the same names of stacks, exports and secrets.
func TestStages(t *testing.T) {
	files := map[string]any{}
	for _, stage := range []string{"Dev", "Prod"} {
		home := filled(object{"Name": "same"})
		home["Sync"].(object)["Metadata"] = object{"aws:cdk:path": stage + "/S/Credentials/Sync/Default"}
		files["assembly-"+stage+"/manifest.json"] = object{"artifacts": object{stage + "-S": object{"properties": object{"templateFile": "S.template.json", "stackName": "S"}}}}
		files["assembly-"+stage+"/S.template.json"] = object{"Resources": home, "Outputs": object{"Out": export(attribute("Sync", "Arn"), "S:Out")}}
		files["assembly-"+stage+"/Other.template.json"] = template(policy(allow(put, importValue("S:Out")),
			allow(put, object{"Fn::GetStackOutput": object{"StackName": "S", "OutputName": "Out", "Region": ref("AWS::Region")}}),
			allow(put, object{"Fn::Sub": "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:same-??????"})))
	}
	folder := assemblyOf(t, files)
	for name, accounts := range map[string][]string{"accounts": {"111122223333", "444455556666"}, "known at deploy": {"", ""}} {
		t.Run(name, func(t *testing.T) {
			var stacks []assembly.Stack
			for i, stage := range []string{"Dev", "Prod"} {
				for _, name := range []string{"S", "Other"} {
					s := stack(filepath.Join(folder, "assembly-"+stage), name)
					if s.Account = accounts[i]; s.Account == "" {
						s.Region = ""
					}
					stacks = append(stacks, s)
				}
			}
			got := checkStacks(t, nil, stacks...)
			expect(t, got, `writer Other.template.json Policy: may write the secret of "Dev/S/Credentials"`, `writer Other.template.json Policy: may write the secret of "Prod/S/Credentials"`)
			for _, f := range got {
				if len(f.Locations) != 3 {
					t.Errorf("got %q", f.Locations)
				}
			}
		})
	}
}
