package cfn_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "S.template.json")
	write(t, path, `{
		"Resources": {
			"B": {"Type": "T", "Properties": {"P": 1}, "Metadata": {"aws:cdk:path": "S/B", "aws:asset:path": "n.json"}, "DependsOn": "A"},
			"A": {"Type": 1, "Properties": [], "Metadata": 1, "DependsOn": ["B", 1]},
			"C": "not a resource"
		},
		"Outputs": {"O": {"Value": {"Ref": "A"}, "Export": {"Name": "e"}}, "P": {"Value": "v"}},
		"Parameters": {"Q": {"Type": "String", "Default": "d"}},
		"Rules": ["{{resolve:ssm:x}}"]
	}`)
	got, err := cfn.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	resources := map[string]cfn.Resource{
		"A": {DependsOn: []string{"B"}},
		"B": {Type: "T", Properties: map[string]any{"P": 1.0}, Metadata: map[string]any{"aws:cdk:path": "S/B", "aws:asset:path": "n.json"}, ConstructPath: "S/B", AssetPath: "n.json", DependsOn: []string{"A"}},
	}
	if !reflect.DeepEqual(got.Resources, resources) {
		t.Errorf("got resources %v", got.Resources)
	}
	ref := map[string]any{"Ref": "A"}
	outputs := map[string]cfn.Output{
		"O": {Value: ref, ExportName: "e", Fields: map[string]any{"Value": ref, "Export": map[string]any{"Name": "e"}}},
		"P": {Value: "v", Fields: map[string]any{"Value": "v"}},
	}
	if !reflect.DeepEqual(got.Outputs, outputs) {
		t.Errorf("got outputs %v", got.Outputs)
	}
	if got.Parameters["Q"] != (cfn.Parameter{Type: "String", Default: "d"}) {
		t.Errorf("got parameters %v", got.Parameters)
	}
	if ids := got.ResourceIDs(); !reflect.DeepEqual(ids, []string{"A", "B"}) {
		t.Errorf("got ids %v", ids)
	}
	if n := len(got.DynamicReferences()); n != 1 {
		t.Errorf("got %d dynamic references", n)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, content := range map[string]string{
		"list": `["hunter2"]`, "null": `null`, "text": `hunter2`, "cut": `{"a": "hunter2"`, "empty": ``, "two": `{} {"hunter2": 1}`,
	} {
		path := filepath.Join(t.TempDir(), "S.template.json")
		write(t, path, content)
		_, err := cfn.Read(path)
		if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "none.json")
	if _, err := cfn.Read(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
