package assembly_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

type (
	object = map[string]any
	list   = []any
)

const (
	account  = "111122223333"
	ireland  = "eu-west-1"
	virginia = "us-east-1"
	arns     = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
	keyEU    = "arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000001"
	keyUS    = "arn:aws:kms:us-east-1:111122223333:key/1111aaaa-0000-4000-8000-000000000002"
)

func ref(id string) object             { return object{"Ref": id} }
func attribute(id, name string) object { return object{"Fn::GetAtt": list{id, name}} }
func join(parts ...any) object         { return object{"Fn::Join": list{"", parts}} }
func importValue(name string) object   { return object{"Fn::ImportValue": name} }
func template(resources object) object { return object{"Resources": resources} }
func output(value any) object          { return object{"Value": value} }
func export(value any, name any) object {
	return object{"Value": value, "Export": object{"Name": name}}
}
func document(statements ...any) object {
	return object{"Version": "2012-10-17", "Statement": statements}
}
func secretRef(id any) object { return object{"SecretId": id} }
func at(path, kind string, p object) object {
	r := resource(kind, p)
	r["Metadata"] = object{"aws:cdk:path": path}
	return r
}
func resource(kind string, p object) object { return object{"Type": kind, "Properties": p} }
func with(base object, more ...object) object {
	all := object{}
	maps.Copy(all, base)
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

// allow is a statement that allows an action on a resource.
func allow(action, on any) object {
	return object{"Effect": "Allow", "Action": action, "Resource": on}
}

// policy is the policy "Policy" of the role "Reader", with its path.
func policy(statements ...any) object {
	return object{
		"Reader": resource("AWS::IAM::Role", object{}),
		"Policy": at("S/Reader/DefaultPolicy/Resource", "AWS::IAM::Policy", object{"PolicyDocument": document(statements...), "Roles": list{ref("Reader")}}),
	}
}

// syncOf is the custom resource "Sync" of the construct S/Credentials, which fills a
// target, with its function and all that this may do.
func syncOf(target any) object {
	return object{
		"Sync": at("S/Credentials/SyncA1B2", "Custom::SopsSync", object{
			"ServiceToken": attribute("Function", "Arn"), "Target": object{"SecretArn": target},
		}),
		"Function":     resource("AWS::Lambda::Function", object{"Role": attribute("FunctionRole", "Arn")}),
		"FunctionRole": resource("AWS::IAM::Role", object{}),
		"FunctionPolicy": resource("AWS::IAM::Policy", object{"Roles": list{ref("FunctionRole")}, "PolicyDocument": document(
			with(allow(list{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"}, target), object{"Sid": "SopsSecret6987D0B74E42"}),
		)}),
	}
}

// filled is a secret X of the construct S/Credentials, with its sync.
func filled(properties object) object {
	return with(syncOf(ref("X")), object{"X": at("S/Credentials/Resource", "AWS::SecretsManager::Secret", properties)})
}

// assemblyOf writes files, as JSON, and returns their folder.
func assemblyOf(t testing.TB, files map[string]any) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// manifest is that of stacks whose ids are their names.
func manifest(stacks ...string) object {
	artifacts := object{}
	for _, id := range stacks {
		artifacts[id] = object{"type": "aws:cloudformation:stack", "properties": object{"templateFile": id + ".template.json"}}
	}
	return object{"artifacts": artifacts}
}

// stack is a stack in Ireland, with the template of that name in a folder.
func stack(folder, name string) assembly.Stack {
	return assembly.Stack{ConstructPath: name, TemplatePath: filepath.Join(folder, name+".template.json"), Account: account, Region: ireland}
}

// check returns what is found in the stack S.
func check(t *testing.T, resources object, known ...assembly.Known) []assembly.Finding {
	t.Helper()
	folder := assemblyOf(t, map[string]any{"S.template.json": template(resources)})
	return checkStacks(t, known, stack(folder, "S"))
}

func checkStacks(t *testing.T, known []assembly.Known, stacks ...assembly.Stack) []assembly.Finding {
	t.Helper()
	findings, err := assembly.Check(stacks, known)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// short is a finding as text: rule, file, logical id and description.
func short(f assembly.Finding) string {
	return fmt.Sprintf("%s %s %s: %s", f.Rule, filepath.Base(f.TemplatePath), f.LogicalID, f.Description)
}

// expect fails unless the findings are those, each by the beginning of its [short] text.
func expect(t *testing.T, findings []assembly.Finding, want ...string) {
	t.Helper()
	for i, f := range findings {
		got := short(f)
		if i >= len(want) {
			t.Errorf("got too much: %s", got)
		} else if len(got) < len(want[i]) || got[:len(want[i])] != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
	}
	for _, missing := range want[min(len(findings), len(want)):] {
		t.Errorf("missing: %s", missing)
	}
}
