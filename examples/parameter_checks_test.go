package examples_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

func checkParameters(t *testing.T, a *assembly) {
	w := a.deploy(t, "Parameters", "Builds")
	tm := w.templates["Parameters"]
	key := w.arn(t, "Parameters", keyType, "Key")
	const prefix = "arn:aws:ssm:eu-west-1:111122223333:parameter/"
	all := []string{"shop/dev/my_api_key", "shop/dev/smtp/user", "shop/dev/smtp/password", "shop/dev/database/username", "shop/dev/database/password"}
	for _, name := range append(all, "smtp-password", "shop/dev/another") {
		w.AddResource(prefix+name, "111122223333", nil)
	}
	for sync, want := range map[string]string{"Settings": `"Names":["/` + strings.Join(all, `","/`) + `"]`, "Smtp": `"Names":["smtp-password"]`} {
		if got := tm.properties(t, syncprotocol.ResourceType, sync); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s in it", sync, got, want)
		}
	}
	// Who reads what, and decrypts it through SSM, for that parameter alone.
	for role, c := range map[string]struct {
		stack string
		may   []string
	}{
		"FunctionServiceRole": {"Parameters", []string{"shop/dev/my_api_key"}},
		"TaskExecutionRole":   {"Parameters", []string{"shop/dev/database/password", "smtp-password"}},
		"TaskTaskRole":        {"Parameters", nil},
		"BuildRole":           {"Builds", all},
	} {
		principal := w.arn(t, c.stack, roleType, role)
		for _, name := range append(all, "smtp-password", "shop/dev/another") {
			want := slices.Contains(c.may, name)
			for _, action := range []string{"ssm:GetParameter", "ssm:GetParameters"} {
				// CodeBuild's variable brings a right of the CDK's own on what it names.
				if got := w.may(t, principal, action, prefix+name); got != want {
					t.Errorf("%s: %s of %s is %v", role, action, name, got)
				}
			}
			if !want || name == "smtp-password" {
				continue
			}
			context := []string{"kms:ViaService", "ssm.eu-west-1.amazonaws.com", "kms:EncryptionContext:PARAMETER_ARN", prefix + name}
			if !w.may(t, principal, "kms:Decrypt", key, context...) || w.may(t, principal, "kms:Decrypt", key, context[2:]...) {
				t.Errorf("%s: decrypt of %s", role, name)
			}
		}
	}
	variables := tm.Resources[tm.find(t, "AWS::Lambda::Function", "Function")].Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
	if got, err := w.stacks["Parameters"].Text(variables["API_KEY_PARAMETER"]); err != nil || got != "/shop/dev/my_api_key" {
		t.Errorf("the function's variable is %q, %v", got, err)
	}
	builds := w.templates["Builds"]
	environment := builds.Resources[builds.find(t, "AWS::CodeBuild::Project", "Build")].Properties["Environment"].(map[string]any)
	variable := environment["EnvironmentVariables"].([]any)[0].(map[string]any)
	if got, err := w.stacks["Builds"].Text(variable["Value"]); err != nil || got != "/shop/dev/database/password" || variable["Type"] != "PARAMETER_STORE" {
		t.Errorf("the build's variable is %q, %v of type %v", got, err, variable["Type"])
	}
	if got := text(tm.decoded["Resources"].(map[string]any)[tm.find(t, syncprotocol.ResourceType, "Smtp")].(map[string]any)["DeletionPolicy"]); got != `"RetainExceptOnCreate"` {
		t.Errorf("DeletionPolicy: %s", got)
	}
}
