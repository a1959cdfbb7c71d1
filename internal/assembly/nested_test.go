package assembly_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

// hash returns the hash of an asset, as long as the CDK's.
func hash(digit string) string { return strings.Repeat(digit, 64) }

// byHash is a nested stack as the CDK writes it without asset metadata.
func byHash(hash string, parameters object) object {
	return resource("AWS::CloudFormation::Stack", object{"Parameters": parameters, "TemplateURL": join(
		"https://s3.", ref("AWS::Region"), ".", ref("AWS::URLSuffix"), "/", object{"Fn::Sub": "assets-${AWS::AccountId}-${AWS::Region}"}, "/"+hash+".json")})
}

// assetsOf is the manifest of assets in these files, by hash.
func assetsOf(files map[string]string) object {
	all := object{}
	for hash, file := range files {
		all[hash] = object{"source": object{"path": file, "packaging": "file"}, "destinations": object{"current_account-current_region": object{"bucketName": "assets", "objectKey": hash + ".json"}}}
	}
	return object{"files": all}
}

// withAssets is a manifest of the stack S with its assets. The CDK names them twice, and
// older ones once.
func withAssets(older bool) object {
	stack := object{"type": "aws:cloudformation:stack", "properties": object{"templateFile": "S.template.json", "additionalDependencies": list{"S.assets"}}}
	if older {
		stack = object{"type": "aws:cloudformation:stack", "properties": object{"templateFile": "S.template.json"}, "dependencies": list{"S.assets"}}
	}
	return object{"artifacts": object{
		"S":        stack,
		"S.assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "S.assets.json"}},
	}}
}

// Without asset metadata, nested stacks are found by what the top-level stack uploads.
func TestNestedStacksByAsset(t *testing.T) {
	parameter := object{"P": attribute("Sync", "Arn")}
	into := template(with(policy(allow(put, ref("P"))), object{"Deeper": byHash(hash("d"), object{"Q": ref("P")})}))
	deeper := template(policy(allow(put, ref("Q"))))
	both := []string{"writer into.json Policy: may write", "writer deeper.json Policy: may write"}
	for _, c := range []struct {
		name   string
		assets object
		nested object
		want   []string
	}{
		{"the CDK's", assetsOf(map[string]string{hash("a"): "into.json", hash("d"): "deeper.json"}), byHash(hash("a"), parameter), both},
		{"the metadata of a template from elsewhere", assetsOf(map[string]string{hash("a"): "into.json", hash("d"): "deeper.json"}),
			with(byHash(hash("a"), parameter), object{"Metadata": object{"aws:asset:path": "none.json"}}), both},
		{"in a folder of the bucket", object{"files": object{"x": object{"source": object{"path": "into.json"}, "destinations": object{"r": object{"objectKey": "pre/fix/t.json"}}}}},
			resource("AWS::CloudFormation::Stack", object{"Parameters": parameter, "TemplateURL": "https://s3.eu-west-1.amazonaws.com/assets/pre/fix/t.json"}), both[:1]},
		{"in a folder that only a deploy knows", object{"files": object{hash("a"): object{"source": object{"path": "into.json"}, "destinations": object{"r": object{"objectKey": "eu-west-1/" + hash("a") + ".json"}}}}},
			byHash(hash("a"), parameter), both[:1]},
		{"another file of that name", object{"files": object{"x": object{"source": object{"path": "into.json"}, "destinations": object{"r": object{"objectKey": "pre/fix/t.json"}}}}},
			resource("AWS::CloudFormation::Stack", object{"Parameters": parameter, "TemplateURL": "https://example.com/t.json"}), nil},
		{"another hash", assetsOf(map[string]string{hash("b"): "into.json"}), byHash(hash("a"), parameter), nil},
		{"the inner one alone", assetsOf(map[string]string{hash("d"): "deeper.json"}), byHash(hash("a"), parameter), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := assemblyOf(t, map[string]any{
				"manifest.json": withAssets(false), "S.assets.json": c.assets, "into.json": into, "deeper.json": deeper,
				"S.template.json": template(with(filled(nil), object{"Nested": c.nested})),
			})
			expect(t, checkStacks(t, nil, stack(folder, "S")), c.want...)
		})
	}
}

// Nested stacks that are the same but for their parameters are one asset.
func TestNestedStacksWithOneTemplate(t *testing.T) {
	resources := with(filled(nil), object{"Other": resource("AWS::SecretsManager::Secret", nil),
		"A": byHash(hash("a"), object{"P": ref("Other")}), "B": byHash(hash("a"), object{"P": ref("X")}), "C": byHash(hash("a"), object{"P": ref("X")})},
		policy(allow(put, attribute("A", "Outputs.P"))))
	one := with(template(policy(allow(put, ref("P")))), object{"Outputs": object{"P": output(ref("P"))}})
	files := map[string]any{"manifest.json": withAssets(true), "S.assets.json": assetsOf(map[string]string{hash("a"): "one.json"}), "S.template.json": template(resources), "one.json": one}
	expect(t, checkStacks(t, nil, stack(assemblyOf(t, files), "S")), "writer one.json Policy: may write")

	// The parent of one is not taken for the parent of another.
	resources["Policy"].(object)["Properties"].(object)["PolicyDocument"] = document(allow(put, attribute("B", "Outputs.P")))
	expect(t, checkStacks(t, nil, stack(assemblyOf(t, files), "S")), "writer S.template.json Policy: may write", "writer one.json Policy: may write")
}

// Stacks that each contain the next one twice do not double at each level.
func TestNestedStacksThatDouble(t *testing.T) {
	files := map[string]any{"S.template.json": template(with(filled(nil), object{"A": nestedIn("n0.json", object{"P": ref("X")})}))}
	const levels = 40
	for i := range levels {
		next := nestedIn(fmt.Sprintf("n%d.json", i+1), object{"P": ref("P")})
		files[fmt.Sprintf("n%d.json", i)] = template(object{"A": next, "B": next})
	}
	files[fmt.Sprintf("n%d.json", levels)] = template(policy(allow(put, ref("P"))))
	folder := assemblyOf(t, files)
	expect(t, checkStacks(t, nil, stack(folder, "S")), "writer n40.json Policy: may write")
}

// What the CDK 2.270 writes for App.Synth without context, for a stack and for the same
// stack in a stage: a secret with the tag sops:file, a nested stack with a role that may
// write it, the same in a stack that is nested in that one, and a nested stack by URL.
// Only what the check reads was kept.
func TestRealNestedStacks(t *testing.T) {
	got := checkStacks(t, nil, assembly.Stack{ConstructPath: "S", TemplatePath: "testdata/nested/S.template.json"},
		assembly.Stack{ConstructPath: "Stage/S", TemplatePath: "testdata/nested/assembly-Stage/StageSE43028CC.template.json", Account: account, Region: ireland})
	expect(t, got,
		"writer SNest2C9D8202.nested.template.json WriterDefaultPolicyDC585BCE: may write", "writer SNestDeep351DE918.nested.template.json WriterDefaultPolicyDC585BCE: may write",
		"writer StageSNestD4952B3B.nested.template.json WriterDefaultPolicyDC585BCE: may write", "writer StageSNestDeep4F73C30C.nested.template.json WriterDefaultPolicyDC585BCE: may write")
}

// The findings are the same each time, where several things have one name, too.
func TestDeterminism(t *testing.T) {
	files := map[string]any{}
	var stacks []assembly.Stack
	for i := range 6 {
		name := fmt.Sprintf("S%d", i)
		home := with(filled(object{"Name": "same", "KmsKeyId": keyEU}), object{"Role": resource("AWS::IAM::Role", object{"RoleName": "reader"})},
			object{"N1": nestedIn("one.json", object{"P": ref("X")}), "N2": nestedIn("one.json", object{"P": importValue("same")})},
			policy(allow(list{put, "secretsmanager:GetSecretValue"}, list{arns + "same-??????", importValue("same"), ref("X")})))
		home["Further"] = resource("AWS::IAM::RolePolicy", object{"RoleName": "reader", "PolicyDocument": document(allow("kms:Decrypt", keyUS), allow(put, arns+"same"))})
		home["Writer"] = resource("Custom::CrossRegionExportWriter", object{"WriterProps": object{"exports": object{"a": attribute("Sync", "VersionId"), "b": attribute("Sync", "VersionId")}}})
		files[name+".template.json"] = object{"Resources": home, "Outputs": object{"A": export(attribute("Sync", "VersionId"), "v"), "B": export(ref("X"), "same"), "C": export(ref("X"), "same")}}
		stacks = append(stacks, assembly.Stack{ConstructPath: name, TemplatePath: name + ".template.json", Account: account, Region: ireland})
	}
	files["one.json"] = template(with(policy(allow(put, ref("P"))), filled(nil)))
	folder := assemblyOf(t, files)
	for i := range stacks {
		stacks[i].TemplatePath = filepath.Join(folder, stacks[i].TemplatePath)
	}
	first := checkStacks(t, nil, stacks...)
	if len(first) < 20 {
		t.Fatalf("got %d findings only", len(first))
	}
	for range 30 {
		if got := checkStacks(t, nil, stacks...); !reflect.DeepEqual(got, first) {
			t.Fatalf("got\n%v\nwant\n%v", got, first)
		}
	}
}
