package examples_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// The keys that the files of the examples are encrypted to.
const (
	fileKeyEU = "arn:aws:kms:eu-west-1:111122223333:key/4c1f0e7a-52d9-4b36-8e0f-9a6d2b7c31e5"
	fileKeyUS = "arn:aws:kms:us-east-1:111122223333:key/b83a6d20-7f14-4e9c-a5d1-06e2c94f7b38"
)

// sync returns a property of the custom resource that fills a secret.
func (tm *template) sync(t *testing.T, secret string, path ...string) string {
	t.Helper()
	var value any = tm.Resources[tm.find(t, syncprotocol.ResourceType, secret)].Properties
	for _, name := range path {
		fields, _ := value.(map[string]any)
		value = fields[name]
	}
	return text(value)
}

func checkOutputs(t *testing.T, a *assembly) {
	w := a.deploy(t, "Outputs")
	tm := w.templates["Outputs"]
	for secret, want := range map[string]string{
		"Flat": `{"Mode":"flat"}`, "Nested": `{"Mode":"nested"}`, "Raw": `{"Mode":"raw"}`, "Password": `{"Mode":"value","Value":"smtp.password"}`,
	} {
		if got := tm.sync(t, secret, "Output"); got != want {
			t.Errorf("%s: got %s, want %s", secret, got, want)
		}
	}
	password := tm.find(t, syncprotocol.ResourceType, "Password")
	want := `"Password":{"Fn::Join":["",["{{resolve:secretsmanager:",{"Fn::GetAtt":["` + password + `","Arn"]},":SecretString:::",{"Fn::GetAtt":["` + password + `","VersionId"]},"}}"]]}`
	if got := tm.properties(t, "AWS::IAM::User", "MailUser"); !strings.Contains(got, want) {
		t.Errorf("user: got %s\nwant %s", got, want)
	}
	arn := func(secret string) string { return w.arn(t, "Outputs", secretType, secret) }
	project := tm.Resources[tm.find(t, "AWS::CodeBuild::Project", "Build")].Properties["Environment"]
	variables, err := w.stacks["Outputs"].Resolve(project)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"Name":"API_KEY","Type":"SECRETS_MANAGER","Value":"` + arn("Flat") + `:my_api_key"`, `"Name":"SETTINGS","Type":"SECRETS_MANAGER","Value":"` + arn("Raw") + `"`} {
		if !strings.Contains(text(variables), want) {
			t.Errorf("build: got %s\nwant %s in it", text(variables), want)
		}
	}
	reader, build := w.arn(t, "Outputs", roleType, "Reader"), w.arn(t, "Outputs", roleType, "BuildRole")
	w.reads(t, true, reader, arn("Nested"), "", ireland)
	w.reads(t, true, build, arn("Flat"), "", ireland)
	w.reads(t, true, build, arn("Raw"), "", ireland)
	w.reads(t, false, build, arn("Nested"), "", ireland)
	w.reads(t, false, reader, arn("Raw"), "", ireland)
}

func checkBinary(t *testing.T, a *assembly) {
	w := a.deploy(t, "Binary")
	tm := w.templates["Binary"]
	if got := tm.sync(t, "Keystore", "Output") + tm.sync(t, "Keystore", "File", "Format"); got != `{"Mode":"binary"}"binary"` {
		t.Errorf("got %s", got)
	}
	w.reads(t, true, w.arn(t, "Binary", roleType, "Signer"), w.arn(t, "Binary", secretType, "Keystore"), "", ireland)
}

func checkManySecrets(t *testing.T, a *assembly) {
	w := a.deploy(t, "ManySecrets")
	tm := w.templates["ManySecrets"]
	services := []string{"api", "web", "worker"}
	for _, service := range services {
		if got := tm.sync(t, service, "File", "Part"); got != `"services.`+service+`"` {
			t.Errorf("%s takes the part %s", service, got)
		}
		for _, other := range services {
			w.reads(t, service == other, w.arn(t, "ManySecrets", roleType, service+"Role"), w.arn(t, "ManySecrets", secretType, other), "", ireland)
		}
	}
	task, api, queue := tm.properties(t, "AWS::ECS::TaskDefinition", "Task"), tm.find(t, syncprotocol.ResourceType, "api"), tm.find(t, syncprotocol.ResourceType, "Queue")
	for _, want := range []string{
		`{"Fn::GetAtt":["` + api + `","Arn"]},":database.password::",{"Fn::GetAtt":["` + api + `","VersionId"]}`,
		`{"Fn::GetAtt":["` + queue + `","Arn"]},":::",{"Fn::GetAtt":["` + queue + `","VersionId"]}`,
	} {
		if !strings.Contains(task, want) {
			t.Errorf("task: got %s\nwant %s in it", task, want)
		}
	}
	checkFileKeys(t, w, "ManySecrets")
}

func checkOverlays(t *testing.T, a *assembly) {
	w := a.deploy(t, "Overlays")
	tm := w.templates["Overlays"]
	for secret, want := range map[string]string{"Settings": "overlay", "Mail": "overlay", "Teams": "merge"} {
		files := tm.sync(t, secret, "File", "Files")
		if got := tm.sync(t, secret, "File", "Combine"); got != `"`+want+`"` || strings.Count(files, `"Content"`) != 2 {
			t.Errorf("%s: got %s of %s", secret, got, files)
		}
	}
	if got := tm.sync(t, "Mail", "File", "Part"); got != `"smtp"` {
		t.Errorf("got the part %s", got)
	}
	settings := tm.find(t, syncprotocol.ResourceType, "Settings")
	if got := tm.properties(t, "AWS::IAM::User", "MailUser"); !strings.Contains(got, `{"Fn::GetAtt":["`+settings+`","Arn"]},":SecretString:smtp.password::"`) {
		t.Errorf("user: got %s", got)
	}
	checkFileKeys(t, w, "Overlays")
}

// checkFileKeys checks that the function may decrypt with the keys of all files, and not
// for anything else.
func checkFileKeys(t *testing.T, w *world, stack string) {
	t.Helper()
	function := w.arn(t, stack, roleType, "SopsSyncProvider")
	for _, key := range []string{fileKeyEU, fileKeyUS} {
		w.AddResource(key, "111122223333", accountPolicy(t))
		if !w.may(t, function, "kms:Decrypt", key) {
			t.Errorf("the function may not decrypt with %s", key)
		}
		if w.may(t, function, "kms:Decrypt", key, "kms:EncryptionContextKeys", "app") {
			t.Errorf("the function may decrypt other data with %s", key)
		}
	}
}
