package sopsconstructs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// shown is what a custom resource shows of its file.
type shown struct{ Names, Recipients map[string]string }

func shownOf(t *testing.T, sync resource) (s shown) {
	t.Helper()
	if err := json.Unmarshal([]byte(text(sync.Properties)), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func namesOf(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// An edit changes the fingerprints of the names that it changes, and no other; a rotation
// changes them all, and what may open the file shows beside them.
func TestTheTemplateShowsWhichNamesChanged(t *testing.T) {
	openable(t)
	file := standard(`{"a": "one", "b": {"c": "two"}}`)
	template := func(content []byte, output sopsconstructs.Output) shown {
		writeBytes(t, "x.sops.json", content)
		stack := newStack(nil)
		newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Output: output})
		return shownOf(t, only(t, stack, syncprotocol.ResourceType))
	}
	encrypted := func(file sopstest.File) []byte {
		content, err := file.Encrypt()
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	first := encrypted(file)
	before := template(first, sopsconstructs.OutputFlatJSON)
	if got := namesOf(before.Names); !slices.Equal(got, []string{"a", "b.c"}) {
		t.Errorf("got fingerprints of %q", got)
	}
	if want := map[string]string{keyEU: "kms", identity.Recipient().String(): "age"}; !maps.Equal(before.Recipients, want) {
		t.Errorf("got recipients %v, want %v", before.Recipients, want)
	}
	if again := template(first, sopsconstructs.OutputFlatJSON); !maps.Equal(again.Names, before.Names) {
		t.Error("the same file has other fingerprints")
	}
	if nested := template(first, sopsconstructs.OutputNestedJSON); !slices.Equal(namesOf(nested.Names), []string{"a", "b"}) {
		t.Errorf("nested: got fingerprints of %q", namesOf(nested.Names))
	}

	file.KMS = []sopstest.KMS{{ARN: keyUS, Role: roleEU, Context: map[string]string{"app": "x"}}}
	after := template(encrypted(file), sopsconstructs.OutputFlatJSON)
	for name := range before.Names {
		if after.Names[name] == before.Names[name] || after.Names[name] == "" {
			t.Errorf("%s was encrypted again, and its fingerprint is %q as before", name, after.Names[name])
		}
	}
	if after.Recipients[keyUS+"+"+roleEU+"|app:x"] != "kms" || after.Recipients[keyEU] != "" {
		t.Errorf("got recipients %v", after.Recipients)
	}
}

// Whatever a file calls its keys, in the template they are names alone.
func TestShownNamesAreNames(t *testing.T) {
	openable(t)
	var fields []string
	hostile := append(slices.Clone(notText[:6]), "Ref", "Fn::GetAtt", "Fn::Transform", "Condition", "$jsii.byref", "$jsii.map", "__proto__", `"Ref"`, "", strings.Repeat("n", 250))
	for _, name := range append(hostile, "passwort für é") {
		fields = append(fields, text(name)+`: "some value"`)
	}
	write(t, "x.sops.json", standard("{"+strings.Join(fields, ",")+"}"))
	stack := newStack(nil)
	newSecret(stack, "Credentials", fromX)
	got := shownOf(t, only(t, stack, syncprotocol.ResourceType)).Names
	if len(got) != len(hostile)+1 || got["passwort für é (62f1bb97)"] == "" {
		t.Errorf("got %d names of %d: %q", len(got), len(hostile), namesOf(got))
	}
	for name := range got {
		checkMessage(t, "name", name)
		if !strings.HasPrefix(name, `"`) && !strings.HasPrefix(name, "passwort") || len(name) > 300 {
			t.Errorf("%.300s is not quoted or too long", name)
		}
	}
	stack.Node().Root().(awscdk.App).Synth(nil)
}

// Many names take a bounded part of a template.
func TestWhatIsShownIsBounded(t *testing.T) {
	openable(t)
	var names []string
	for len(names) < 500 {
		names = append(names, fmt.Sprintf(`"%s%d": "v"`, strings.Repeat("n", 40), len(names)))
	}
	for i, tt := range []struct {
		clear string
		want  int
	}{
		{strings.Join(names, ","), 500},
		{`"first": "v", "rest": {` + strings.Join(names, ",") + "}", 2},
		{`"first": "v",` + strings.Join(names, ","), 1},
		{strings.ReplaceAll(strings.Join(names, ","), "nn", "nnn"), 1}, // too many bytes
	} {
		write(t, "x.sops.json", standard("{"+tt.clear+"}"))
		stack := newStack(nil)
		newSecret(stack, "Credentials", fromX)
		if got := shownOf(t, only(t, stack, syncprotocol.ResourceType)).Names; len(got) != tt.want {
			t.Errorf("file %d: got %d fingerprints, want %d", i, len(got), tt.want)
		}
	}

	write(t, "x.sops.json", standard("{"+strings.Join(names, ",")+"}"))
	stack := newStack(nil)
	for i := range 8 {
		newSecret(stack, fmt.Sprintf("S%d", i), fromX)
	}
	all, whole := 0, 0
	for _, sync := range resources(t, stack, syncprotocol.ResourceType) {
		got := shownOf(t, sync)
		all += len(text(got))
		if len(got.Names) == 1 && got.Names["."] != "" && got.Recipients == nil {
			whole++
		}
	}
	if all > 160_000 || whole == 0 || whole == 8 {
		t.Errorf("%d bytes, and %d of 8 secrets with one fingerprint", all, whole)
	}
}
