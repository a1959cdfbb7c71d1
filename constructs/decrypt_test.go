package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

var fromX = sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"}

// synthesized is the template of a stack with one secret, in this context.
func synthesized(t *testing.T, context map[string]any) (string, awscdk.Stack) {
	t.Helper()
	stack := newStack(context)
	newSecret(stack, "Credentials", fromX)
	return text(assertions.Template_FromStack(stack, nil).ToJSON()), stack
}

func TestSkipGivesTheSameTemplate(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	decrypted, _ := synthesized(t, nil)
	sopstest.Isolate(t) // no key at all
	skipped, stack := synthesized(t, map[string]any{"sops:decrypt": "skip"})
	if skipped != decrypted {
		t.Error("the templates differ")
	}
	assertions.Annotations_FromStack(stack).HasWarning(new("/S/Credentials"),
		assertions.Match_StringLikeRegexp(new("x.sops.json was not decrypted, since sops:decrypt=skip: its values and its MAC are not verified")))
}

func TestSkipStillRefusesAClearValueInAnEncryptedFile(t *testing.T) {
	openable(t)
	content, err := standard(clear).Encrypt()
	if err != nil {
		t.Fatal(err)
	}
	writeBytes(t, "x.sops.json", []byte(strings.Replace(string(content), "{", `{"pasted": "demo-value-three", `, 1)))
	got := panicOf(t, func() { synthesized(t, map[string]any{"sops:decrypt": "skip"}) })
	if !strings.Contains(got, "pasted") || strings.Contains(got, "demo-value-three") {
		t.Errorf("want a message that names the key and not the value, got %s", got)
	}
}

func TestNothingIsDecryptedForStacksThatTheCommandDoesNotNeed(t *testing.T) {
	sopstest.Isolate(t) // no key at all
	write(t, "x.sops.json", standard(clear))
	_, stack := synthesized(t, map[string]any{"aws:cdk:bundling-stacks": []string{"Another"}})
	assertions.Annotations_FromStack(stack).HasNoWarning(new("*"), assertions.Match_AnyValue())

	// What is wrong with the file must not keep cdk ls or cdk destroy from their work.
	writeBytes(t, "x.sops.json", []byte(clear))
	_, stack = synthesized(t, map[string]any{"aws:cdk:bundling-stacks": []string{"Another"}})
	assertions.Annotations_FromStack(stack).HasWarning(new("/S/Credentials"),
		assertions.Match_StringLikeRegexp(new("x.sops.json is not encrypted")))
}

func TestDecryptsWithKMS(t *testing.T) {
	sopstest.Isolate(t)
	server, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	server.Setenv(t)
	server.AddKey(keyEU).LimitTo(roleEU)
	server.AddKey(keyUS).LimitTo(roleEU)
	write(t, "x.sops.json", sopstest.File{JSON: clear, KMS: []sopstest.KMS{
		{ARN: keyUS, Role: roleEU, Context: map[string]string{"App": "demo"}},
		{ARN: keyEU, Role: roleEU, Context: map[string]string{"App": "demo"}},
	}})
	synthesized(t, nil)
	var decrypted []string
	for _, call := range server.Calls() {
		if call.Action == "Decrypt" {
			decrypted = append(decrypted, call.Region)
		}
	}
	if strings.Join(decrypted, " ") != "eu-west-1" {
		t.Errorf("decrypted in %q, want in the stack's own region alone", decrypted)
	}
}

// No value may be in what is synthesized, not even in a form that is easy to undo.
func TestNoValueInTheTemplate(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	template, _ := synthesized(t, nil)
	for _, value := range []string{"demo-value-one", "demo-value-two", "ZGVtby12YWx1ZS"} {
		if strings.Contains(template, value) {
			t.Error("a value is in the template")
		}
	}
}
