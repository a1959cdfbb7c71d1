package assembly_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

// The template of a stack that is to be deployed must be readable.
func TestTemplatesThatCannotBeRead(t *testing.T) {
	folder := assemblyOf(t, map[string]any{
		"List.template.json": list{"hunter2"}, "Text.template.json": "hunter2", "Null.template.json": nil, "Good.template.json": template(nil),
	})
	for _, name := range []string{"List", "Text", "Null", "None"} {
		_, err := assembly.Check([]assembly.Stack{stack(folder, "Good"), stack(folder, name)}, nil)
		if err == nil || !strings.Contains(err.Error(), filepath.Join(folder, name+".template.json")) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Nothing else makes a check fail: what cannot be read is passed over, and the rest is
// checked.
func TestFilesOfOthers(t *testing.T) {
	writes := with(filled(nil), policy(allow(put, ref("X"))))
	nested := func(properties object) object { return object{"N": resource("AWS::CloudFormation::Stack", properties)} }
	withManifest := func(manifest, assets any) map[string]any {
		return map[string]any{"manifest.json": manifest, "S.assets.json": assets, "S.template.json": template(with(writes, nested(object{"TemplateURL": "https://b/h.json"})))}
	}
	of := func(id string) object {
		return object{"artifacts": object{"S": object{"properties": object{"templateFile": "S.template.json", "additionalDependencies": list{id}}}, "A": object{"type": "cdk:asset-manifest", "properties": object{"file": "S.assets.json"}}}}
	}
	file := func(path any) object {
		return object{"files": object{"h": object{"source": object{"path": path}, "destinations": object{"d": object{"objectKey": "h.json"}}}}}
	}
	for name, files := range map[string]map[string]any{
		"nested by URL":                    {"S.template.json": template(with(writes, nested(object{"TemplateURL": "https://s3.amazonaws.com/bucket/S.template.json"})))},
		"nested by what a deploy knows":    {"S.template.json": template(with(writes, nested(object{"TemplateURL": ref("P")})))},
		"nested by nothing":                {"S.template.json": template(with(writes, nested(nil)))},
		"nested by a list":                 {"S.template.json": template(with(writes, nested(object{"TemplateURL": list{1}})))},
		"metadata without a file":          {"S.template.json": template(with(writes, object{"N": nestedIn("none.json", nil)}))},
		"metadata of another kind of file": {"S.template.json": template(with(writes, object{"N": nestedIn("n.yaml", nil)})), "n.yaml": "Resources:"},
		"metadata of a folder":             {"S.template.json": template(with(writes, object{"N": nestedIn(".", nil)}))},
		"metadata of a device":             {"S.template.json": template(with(writes, object{"N": nestedIn("/dev/zero", nil)}))},
		"a list for a manifest":            {"manifest.json": list{}, "S.template.json": template(writes)},
		"a text for a manifest":            {"manifest.json": "x", "S.template.json": template(writes)},
		"a manifest of another shape":      {"manifest.json": object{"artifacts": object{"S": object{"properties": list{}}, "T": 1}}, "S.template.json": template(writes)},
		"assets that are not there":        withManifest(of("None"), object{}),
		"assets of another shape":          withManifest(of("A"), list{}),
		"files of another shape":           withManifest(of("A"), object{"files": list{}}),
		"a path of another shape":          withManifest(of("A"), file(1)),
		"no path":                          withManifest(of("A"), file("")),
		"a path without a file":            withManifest(of("A"), file("none.json")),
		"a path of a device":               withManifest(of("A"), file("/dev/zero")),
		"a path of the parent":             withManifest(of("A"), file("S.template.json")),
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, checkStacks(t, nil, stack(assemblyOf(t, files), "S")), `writer S.template.json Policy: may write the secret of "S/Credentials"`)
		})
	}
}

// Whatever is in a template, the check ends.
func TestHostileTemplates(t *testing.T) {
	deep := any(attribute("Sync", "Arn"))
	for range 100 {
		deep = join(deep)
	}
	expect(t, check(t, with(filled(nil), policy(allow(put, deep)))), "writer S.template.json Policy: may write")

	// Stacks that contain themselves and each other, exports of themselves, and
	// parameters of themselves.
	folder := assemblyOf(t, map[string]any{
		"S.template.json": object{
			"Resources": with(filled(nil), object{"Self": nestedIn("S.template.json", object{"P": ref("P")}), "A": nestedIn("a.json", object{"P": attribute("A", "Outputs.O")})},
				policy(allow(put, importValue("loop")), allow(put, attribute("Self", "Outputs.Out")))),
			"Outputs": object{"Out": export(importValue("loop"), "loop")},
		},
		"a.json": object{"Resources": object{"B": nestedIn("b.json", object{"P": ref("P")})}, "Outputs": object{"O": output(attribute("B", "Outputs.O"))}},
		"b.json": object{"Resources": object{"A": nestedIn("a.json", nil), "A2": nestedIn("a.json", nil)}, "Outputs": object{"O": output(join(ref("P"), attribute("A", "Outputs.O")))}},
	})
	expect(t, checkStacks(t, nil, stack(folder, "S"), stack(folder, "S")))

	// Nested stacks that double their parameter.
	files := map[string]any{"S.template.json": template(object{"N": nestedIn("n0.json", object{"P": "x"})})}
	for i := range 40 {
		files[fmt.Sprintf("n%d.json", i)] = template(with(policy(allow(put, ref("P"))), object{"N": nestedIn(fmt.Sprintf("n%d.json", i+1), object{"P": join(ref("P"), ref("P"))})}))
	}
	files["n40.json"] = template(policy(allow(put, ref("P"))))
	folder = assemblyOf(t, files)
	expect(t, checkStacks(t, nil, stack(folder, "S")))

	// Shapes that CloudFormation refuses.
	expect(t, check(t, object{
		"Sync": resource("Custom::SopsSync", object{"Target": "x", "ServiceToken": list{}}),
		"A":    resource("AWS::IAM::Policy", object{"PolicyDocument": "x", "Roles": "r"}), "B": resource("AWS::IAM::Role", object{"Policies": list{1, nil}, "ManagedPolicyArns": 1}),
		"C": resource("AWS::IAM::Policy", object{"PolicyDocument": document(object{"Effect": 1, "Action": object{}, "Resource": list{nil, list{}}}, nil)}),
		"D": resource("AWS::SecretsManager::RotationSchedule", nil), "E": resource("Custom::CrossRegionExportWriter", object{"WriterProps": list{}}),
		"F": resource("AWS::SecretsManager::Secret", object{"Tags": "x"}), "G": resource("AWS::KMS::Alias", object{}),
	}))
}

// An app of 200 stacks with five secrets each, and one policy that reads all of them.
func TestLargeAssembly(t *testing.T) {
	const stacks, each = 200, 5
	files, names := map[string]any{}, []string{}
	var all []assembly.Stack
	statements := list{}
	for i := range stacks {
		resources, outputs := object{}, object{}
		for j := range each {
			own := with(syncOf(ref(fmt.Sprintf("X%d", j))), object{fmt.Sprintf("X%d", j): resource("AWS::SecretsManager::Secret", object{"KmsKeyId": keyEU})})
			sync := own["Sync"].(object)
			delete(own, "Sync")
			sync["Properties"].(object)["File"] = object{"Content": strings.Repeat("A", 2_000)}
			resources = with(resources, own, object{fmt.Sprintf("Sync%d", j): sync})
			name := fmt.Sprintf("S%d:Arn%d", i, j)
			outputs[fmt.Sprintf("Out%d", j)] = export(attribute(fmt.Sprintf("Sync%d", j), "Arn"), name)
			statements = append(statements, allow("secretsmanager:GetSecretValue", importValue(name)))
		}
		// A policy of another module in each stack.
		resources = with(resources, policy(allow("secretsmanager:GetSecretValue", attribute("Sync0", "Arn")), allow("kms:Decrypt", keyEU), allow("s3:*", "*")))
		name := fmt.Sprintf("S%d", i)
		names = append(names, name)
		files[name+".template.json"] = object{"Resources": resources, "Outputs": outputs}
	}
	files["Reader.template.json"] = template(policy(statements...))
	files["manifest.json"] = manifest(append(names, "Reader")...)
	folder := assemblyOf(t, files)
	for _, name := range append(names, "Reader") {
		all = append(all, stack(folder, name))
	}
	start := time.Now()
	got := checkStacks(t, nil, all...)
	t.Logf("one check took %v", time.Since(start))
	if len(got) != stacks*each {
		t.Fatalf("got %d findings", len(got))
	}
	for i, f := range got {
		if want := fmt.Sprintf("/Resources/Policy/Properties/PolicyDocument/Statement/%d", i); f.Rule != "reader-without-decrypt" || f.Locations[0] != want {
			t.Fatalf("got %+v", f)
		}
	}
	if again := checkStacks(t, nil, all...); !reflect.DeepEqual(got, again) {
		t.Error("the findings differ from run to run")
	}
}
