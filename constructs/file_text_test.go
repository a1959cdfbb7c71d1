package sopsconstructs_test

import (
	"fmt"
	"os"
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
		write(t, "x.sops.json", standard(clear))
		stack := newStack(map[string]any{"sops:decrypt": "skip"})
		got := panicOf(t, func() {
			newSecret(stack, "Value", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Output: sopsconstructs.OutputValue(bad)})
		})
		if checkMessage(t, "one value", got); !strings.Contains(got, "the name of the value") {
			t.Errorf("one value: got %s", got)
		}
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

// Many files that fail, or several as one with long names, make one message that can be read
// to its end, where the ways round are.
func TestTheMessageOfManyFilesEnds(t *testing.T) {
	openable(t)
	folder := strings.Repeat(strings.Repeat("f", 200)+"/", 4)
	tampered := standard(clear)
	tampered.WrongMAC = true
	write(t, folder+"x.sops.json", tampered)
	content := read(t, folder+"x.sops.json")
	stack := newStack(nil)
	var files []*sopsconstructs.SopsFile
	for i := range 40 {
		path := fmt.Sprintf("%s%d.sops.json", folder, i)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		file := &sopsconstructs.SopsFile{Path: path}
		newSecret(stack, fmt.Sprint("S", i), sopsconstructs.SopsSecretProps{SopsFile: file})
		files = append(files, file)
	}
	newSecret(stack, "Several", sopsconstructs.SopsSecretProps{SopsFile: files[0].Overlay(files[1:16]...)})
	got := synthFailure(t, stack)
	if checkMessage(t, "many files", got); !strings.HasSuffix(got, "cdk deploy -e STACK") || !strings.Contains(got, "bytes in all") {
		t.Errorf("got %d bytes that end in %s", len(got), got[max(0, len(got)-300):])
	}
}
