package sopsconstructs_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

const (
	importedPartial  = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a_name"
	importedComplete = importedPartial + "-AbCdEf"
)

// ways are those to import the secret, by name.
var ways = map[string]sopsconstructs.ImportSopsSecretProps{
	"complete ARN": {SecretCompleteArn: importedComplete},
	"partial ARN":  {SecretPartialArn: importedPartial},
	"name":         {SecretName: "a_name"},
}

func TestGrantReadOfAnImportedSecret(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for name, props := range ways {
		for _, keyARN := range []string{"", keyOfSecret} {
			t.Run(name+" "+keyARN, func(t *testing.T) {
				stack := at(awscdk.NewApp(nil), "S", account, ireland)
				props.SopsFilePath = "x.sops.json"
				if keyARN != "" {
					props.EncryptionKey = awskms.Key_FromKeyArn(stack, new("Key"), new(keyARN))
				}
				role := newRole(stack)
				sopsconstructs.ImportSopsSecret(stack, "Imported", &props).GrantRead(role).AssertSuccess()
				w := worldOf(t, []awscdk.Stack{stack})
				w.AddResource(importedComplete, account, nil)
				if keyARN != "" {
					w.AddResource(keyARN, account, keyPolicy(t))
				}
				w.checkGrant(t, w.text(t, stack, role.RoleArn()), target{importedComplete, keyARN, ireland}, false)
				if found := *assertions.Annotations_FromStack(stack).FindWarning(new("*"), assertions.Match_AnyValue()); len(found) > 0 {
					t.Errorf("%d warnings", len(found))
				}
			})
		}
	}
}

// From another account it takes what the owner adds: the warnings say what, and
// with that the grant works.
func TestGrantReadOfASecretOfAnotherAccount(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for name, props := range ways {
		if name == "name" { // which is one of the stack's own account
			continue
		}
		t.Run(name, func(t *testing.T) {
			stack := at(awscdk.NewApp(nil), "S", otherAccount, ireland)
			role := newRole(stack)
			props.SopsFilePath, props.EncryptionKey = "x.sops.json", awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))
			sopsconstructs.ImportSopsSecret(stack, "Imported", &props).GrantRead(role)
			var statements []any
			for _, warning := range warnings(stack) {
				if strings.Contains(warning, "complete ARN") { // the other warning, of an import by a partial one
					continue
				}
				start, end := strings.Index(warning, "{"), strings.LastIndex(warning, "}")
				var statement any
				if err := json.Unmarshal([]byte(warning[start:end+1]), &statement); err != nil {
					t.Fatalf("%v in %s", err, warning)
				}
				statements = append(statements, statement)
			}
			if len(statements) != 2 {
				t.Fatalf("got %d statements, want one for the secret and one for the key", len(statements))
			}
			on := target{importedComplete, keyOfSecret, ireland}
			for _, added := range []bool{false, true} {
				w := worldOf(t, []awscdk.Stack{stack})
				w.AddResource(on.secret, account, nil)
				w.AddResource(on.key, account, keyPolicy(t))
				if added {
					w.AddResource(on.secret, account, resourcePolicy(t, withService(statements, "secretsmanager:")))
					w.AddResource(on.key, account, keyPolicy(t, withService(statements, "kms:")))
					w.checkGrant(t, w.text(t, stack, role.RoleArn()), on, false)
				} else if got := w.reads(t, w.text(t, stack, role.RoleArn()), on); got != "" {
					t.Errorf("without the owner the grantee can %q", got)
				}
			}
		})
	}
}

// withService is the statement with the actions of a service.
func withService(statements []any, service string) any {
	for _, statement := range statements {
		if strings.Contains(text(statement.(map[string]any)["Action"]), service) {
			return statement
		}
	}
	return nil
}

func resourcePolicy(t *testing.T, statement any) *iameval.Document {
	t.Helper()
	document, err := iameval.ParseResource(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}})
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// A build that takes a secret by its name may read that secret, and none whose name only
// begins so: app-dev is not app-dev-admin.
func TestBuildOfASecretImportedByName(t *testing.T) {
	for what, stack := range map[string]awscdk.Stack{
		"known":   at(awscdk.NewApp(nil), "S", account, ireland),
		"unknown": awscdk.NewStack(awscdk.NewApp(nil), new("S"), nil),
	} {
		s := sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretName: "app-dev"})
		project := newProject(stack, s.Key("my_api_key").BuildEnvironmentVariable())
		s.GrantRead(project).AssertSuccess()
		variables := only(t, stack, "AWS::CodeBuild::Project").at("Environment", "EnvironmentVariables")
		if got := text(variables); !strings.Contains(got, `"Value":"app-dev:my_api_key"`) {
			t.Errorf("%s: got %s", what, got)
		}
		policy := text(only(t, stack, "AWS::IAM::Policy").at("PolicyDocument"))
		if !strings.Contains(policy, ":secret:app-dev-??????\"") || strings.Contains(policy, "app-dev*") {
			t.Errorf("%s: got %s", what, policy)
		}
	}
}

// The file says which keys the secret has, without being decrypted.
func TestNamesOfAnImportedSecret(t *testing.T) {
	sopstest.Isolate(t) // there is no key here
	write(t, "x.sops.json", standard(`{"my_api_key": "v", "a:b": "v"}`))
	for name, props := range ways {
		t.Run(name, func(t *testing.T) {
			unchecked := props
			props.SopsFilePath = "x.sops.json"
			s := sopsconstructs.ImportSopsSecret(newStack(nil), "Imported", &props)
			got := panicOf(t, func() { s.Key("my_api_kye") })
			if want := `constructs: ImportedSopsSecret "S/Imported": no key "my_api_kye" in x.sops.json; did you mean "my_api_key"?`; got != want {
				t.Errorf("got %s", got)
			}
			stack := awscdk.Stack_Of(s)
			consume(stack, "Value", s.Key("my_api_key").SecretValue())
			consume(stack, "Variable", s.Key("my_api_key").BuildEnvironmentVariable().Value)
			for kind, ending := range map[string]string{"Value": ":SecretString:my_api_key::}}", "Variable": ":my_api_key"} {
				if got := text(only(t, stack, "Test::Of::"+kind).Properties["Value"]); !strings.Contains(got, ending) {
					t.Errorf("%s: got %s", kind, got)
				}
			}
			if got := sopsconstructs.ImportSopsSecret(newStack(nil), "Imported", &unchecked).Key("anything").Name(); got != "anything" {
				t.Errorf("without a file: got %q", got)
			}
		})
	}
	const prefix = `constructs: ImportedSopsSecret "S/Imported": `
	for want, file := range map[string]string{
		prefix + `there is no file none.sops.json in `: "none.sops.json",
		prefix + `clear.json is not encrypted`:         "clear.json",
	} {
		writeBytes(t, "clear.json", []byte(clear))
		got := panicOf(t, func() {
			sopsconstructs.ImportSopsSecret(newStack(nil), "Imported", &sopsconstructs.ImportSopsSecretProps{SecretName: "a_name", SopsFilePath: file})
		})
		if !strings.HasPrefix(got, want) {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
	for want, props := range map[string]*sopsconstructs.ImportSopsSecretProps{
		"it is named in 0 ways; give exactly one of SecretCompleteArn, SecretPartialArn and SecretName":                                nil,
		"it is named in 2 ways; give exactly one of SecretCompleteArn, SecretPartialArn and SecretName":                                {SecretName: "x", SecretPartialArn: importedPartial},
		`the SecretName "arn:aws:x" is an ARN; pass it as SecretCompleteArn or SecretPartialArn`:                                       {SecretName: "arn:aws:x"},
		"the SopsFile has no Path; name the file that fills the secret where it is made":                                               {SecretName: "x", SopsFile: &sopsconstructs.SopsFile{Format: "yaml"}},
		`unknown Output "xml"; use OutputFlatJSON, OutputNestedJSON, OutputRaw, OutputBinary, or OutputValue with the name of a value`: {SecretName: "x", Output: "xml"},
	} {
		if got := panicOf(t, func() { sopsconstructs.ImportSopsSecret(newStack(nil), "Imported", props) }); got != prefix+want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// Names with a colon, which separates the parts of references, can be none.
func TestNamesWithAColon(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"a:b": "v", "c": "v"}`))
	s := newSecret(newStack(nil), "Credentials", fromX)
	for what, use := range map[string]func(){
		"a CodeBuild variable": func() { s.Key("a:b").BuildEnvironmentVariable() },
		"a dynamic reference":  func() { s.Key("a:b").SecretValue() },
		"a dynamic reference ": func() { s.Key("a:b").CfnDynamicReferenceKey() },
		"a dynamic reference.": func() { s.Secret().SecretValueFromJson(new("a:b")) },
		"a dynamic reference,": func() { s.RdsCredentials("a:b", "c") },
		"a dynamic reference!": func() { s.RdsCredentials("c", "a:b") },
		"an ECS secret":        func() { s.Key("a:b").EcsSecret() },
	} {
		want := `constructs: SopsSecret "S/Credentials": the key "a:b" cannot be ` + strings.Trim(what, " .,!") + `, since it contains a colon; rename it in x.sops.json`
		if got := panicOf(t, use); !strings.Contains(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
