package sopsconstructs_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// Text that a template or a terminal would take for more than text.
var notText = []string{
	"{{resolve:secretsmanager:prod/db:SecretString:password}}", "${Token[TOKEN.1]}", "#{Token[TOKEN.1]}", "a\x1b[2Jb", "a\u202eb", "a\nb", strings.Repeat("x", 600_000),
}

func checkMessage(t *testing.T, what, got string) {
	t.Helper()
	if len(got) > 17_000 {
		t.Errorf("%s: a message of %d bytes", what, len(got))
	}
	for _, r := range got {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%s: the message has %U", what, r)
		}
	}
	for _, live := range []string{"{{resolve", "${Token[", "#{Token["} {
		if strings.Contains(got, live) {
			t.Errorf("%s: the message has %s", what, live)
		}
	}
}

// Nothing that a file says reaches a policy as more than text, and each refusal names
// the entry.
func TestFileTextIsText(t *testing.T) {
	openable(t)
	for i, bad := range notText {
		for path, kms := range map[string]sopstest.KMS{
			"kms[0].context.a": {ARN: keyEU, Context: map[string]string{"a": bad}},
			"kms[0].context.":  {ARN: keyEU, Context: map[string]string{bad: "a"}},
			"kms[0].role":      {ARN: keyEU, Role: bad},
		} {
			what := fmt.Sprintf("%s with text %d", path, i)
			file := standard(clear)
			file.KMS = []sopstest.KMS{kms}
			write(t, "x.sops.json", file)
			stack := newStack(map[string]any{"sops:decrypt": "skip"})
			got := panicOf(t, func() { newSecret(stack, "Credentials", ofFile(sopsconstructs.SopsFile{Path: "x.sops.json"})) })
			checkMessage(t, what, got)
			if !strings.Contains(got, path) {
				t.Errorf("%s: got %s", what, got)
			}
		}
		stack := newStack(map[string]any{"sops:decrypt": "skip"})
		checkMessage(t, "path", panicOf(t, func() { newSecret(stack, "Path", ofFile(sopsconstructs.SopsFile{Path: bad})) }))
		if strings.Contains(bad, "{Token[") {
			continue // the app may pass a token as the object's key
		}
		checkMessage(t, "key of an object", panicOf(t, func() {
			newSecret(stack, "Object", inBucket(stack, sopsconstructs.SopsFile{Key: bad, Format: "json", DecryptionKeys: importedKeys(stack)}))
		}))
	}
}

// In a stack that the command does not need, what is wrong with a file is a warning. It
// goes into the assembly, where a token would end synth.
func TestWarningsAreText(t *testing.T) {
	openable(t)
	for i, bad := range notText {
		file := standard(clear)
		file.JSON = fmt.Sprintf(`{%s: 1, %s: {"a": 1}}`, text(bad+".a"), text(bad))
		write(t, "x.sops.json", file)
		stack := newStack(map[string]any{"aws:cdk:bundling-stacks": []any{}, "sops:decrypt": "skip"})
		newSecret(stack, "Credentials", ofFile(sopsconstructs.SopsFile{Path: "x.sops.json"}))
		stack.Node().Root().(awscdk.App).Synth(nil)
		got := warnings(stack)
		if len(got) == 0 {
			t.Errorf("text %d: no warning", i)
		}
		for _, w := range got {
			checkMessage(t, fmt.Sprintf("warning with text %d", i), w)
		}
	}
}
