package assembly_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// syncsOf writes an assembly with one stack, and one in a stage, and returns their syncs.
func syncsOf(t *testing.T, stack, staged object) []assembly.Sync {
	t.Helper()
	folder := t.TempDir()
	write := func(name string, content any) {
		t.Helper()
		b, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	artifact := object{"type": "aws:cloudformation:stack", "displayName": "S", "environment": "aws://" + account + "/" + ireland, "properties": object{"templateFile": "S.template.json"}}
	write("manifest.json", object{"artifacts": object{
		"S":    artifact,
		"Prod": object{"type": "cdk:cloud-assembly", "properties": object{"directoryName": "assembly-Prod"}},
	}})
	write("S.template.json", template(stack))
	write("assembly-Prod/manifest.json", object{"artifacts": object{"S": artifact}})
	write("assembly-Prod/S.template.json", template(staged))
	stacks, err := assembly.Stacks(folder)
	if err != nil {
		t.Fatal(err)
	}
	syncs, err := assembly.Syncs(stacks)
	if err != nil {
		t.Fatal(err)
	}
	return syncs
}

func TestSyncs(t *testing.T) {
	const get, getParameter = "secretsmanager:GetSecretValue", "ssm:GetParameter"
	content, err := syncprotocol.EncodeFile([]byte("a: ENC[]\n"))
	if err != nil {
		t.Fatal(err)
	}
	named := with(filled(object{"Name": "prod/db"}), object{})
	named["Sync"].(object)["Properties"].(object)["File"] = object{"Name": "sops/app.sops.yaml", "Format": "yaml", "Content": content}
	path := func(rest string) object {
		return join("arn:", ref("AWS::Partition"), ":ssm:eu-west-1:111122223333:parameter/", attribute("Parameters", "Path"), rest)
	}
	stack := with(named,
		policy(allow(get, attribute("Sync", "Arn"))),
		object{
			"Parameters": at("S/Values/Sync", "Custom::SopsSync", object{
				"ServiceToken": attribute("Function", "Arn"),
				"File":         object{"Name": "sops/app.sops.yaml", "Bucket": ref("Bucket"), "Key": "app"},
				"Target":       object{"Parameters": object{"Prefix": "/app/", "Names": list{"/app/a", "/app/b/c"}}},
			}),
			"ParametersPolicy": resource("AWS::IAM::Policy", object{"Roles": list{ref("FunctionRole")}, "PolicyDocument": document(
				with(allow(list{getParameter, "ssm:PutParameter"}, "arn:aws:ssm:eu-west-1:111122223333:parameter/app/a"), object{"Sid": "SopsParameters6987D0B74E42"}))}),
			"Admin":        at("S/Admin/Resource", "AWS::IAM::Role", object{"Policies": list{object{"PolicyDocument": document(allow(list{get, "ssm:Get*"}, "*"))}}}),
			"Denied":       resource("AWS::IAM::Role", object{"Policies": list{object{"PolicyDocument": document(with(allow(get, "*"), object{"Effect": "Deny"}))}}}),
			"Some":         resource("AWS::IAM::Policy", object{"Roles": list{"some-role"}, "PolicyDocument": document(allow(getParameter, path("/b/c")))}),
			"All":          resource("AWS::IAM::Policy", object{"Users": list{"all-user"}, "PolicyDocument": document(allow(getParameter, path("/*")))}),
			"Apart":        resource("AWS::IAM::Policy", object{"Users": list{"apart"}, "PolicyDocument": document(allow(getParameter, "arn:aws:ssm:eu-west-1:111122223333:parameter/apple/*"), allow(get, arns+"prod/other-*"))}),
			"OtherAccount": resource("AWS::SecretsManager::ResourcePolicy", object{"SecretId": ref("X"), "ResourcePolicy": document(with(allow(get, "*"), object{"Principal": object{"AWS": "arn:aws:iam::444455556666:root"}}))}),
			"Prefix":       resource("AWS::IAM::Policy", object{"Groups": list{"developers"}, "PolicyDocument": document(allow(get, arns+"prod/*"))}),
		})
	syncs := syncsOf(t, stack, filled(nil))
	if len(syncs) != 3 {
		t.Fatalf("got %d syncs, want 3", len(syncs))
	}
	var secret, parameters *assembly.Sync
	for i := range syncs {
		switch {
		case syncs[i].Secret == "prod/db":
			secret = &syncs[i]
		case syncs[i].Parameters != nil:
			parameters = &syncs[i]
		}
	}
	if secret == nil || parameters == nil {
		t.Fatalf("got %+v", syncs)
	}
	want := assembly.Sync{
		Construct: "S/Credentials", Function: "Function", Role: "FunctionRole", Secret: "prod/db",
		Files:   []assembly.SyncFile{{Name: "sops/app.sops.yaml", Content: []byte("a: ENC[]\n")}},
		Readers: []assembly.Reader{{Name: "S/Admin", Wide: true}, {Name: "arn::iam::444455556666:root"}, {Name: "Reader"}, {Name: "group/developers", Wide: true}},
	}
	if !reflect.DeepEqual(*secret, want) {
		t.Errorf("got  %+v\nwant %+v", *secret, want)
	}
	want = assembly.Sync{
		Construct: "S/Values", Function: "Function", Role: "FunctionRole", Parameters: []string{"/app/a", "/app/b/c"},
		Files:   []assembly.SyncFile{{Name: "sops/app.sops.yaml"}},
		Readers: []assembly.Reader{{Name: "S/Admin", Wide: true}, {Name: "user/all-user"}, {Name: "role/some-role", Parameters: []string{"/app/b/c"}}},
	}
	if !reflect.DeepEqual(*parameters, want) {
		t.Errorf("got  %+v\nwant %+v", *parameters, want)
	}
}

func TestStacksRefuses(t *testing.T) {
	if _, err := assembly.Stacks(t.TempDir()); err == nil {
		t.Error("an empty folder: no error")
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(`{"artifacts":{"S":{"type":"cdk:cloud-assembly","properties":{"directoryName":"."}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := assembly.Stacks(folder); err == nil {
		t.Error("an assembly in itself: no error")
	}
}
