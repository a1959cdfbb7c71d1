package cfn_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// value decodes JSON.
func value(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// region knows the region, and one attribute, export and output.
func region(r cfn.Reference) (string, bool) {
	text, ok := map[cfn.Reference]string{
		{Function: cfn.Ref, Name: "AWS::Region"}:                                                    "eu-west-1",
		{Function: cfn.GetAtt, Name: "Nested", Attribute: "Outputs.Arn"}:                            "arn:aws:x:y",
		{Function: cfn.ImportValue, Name: "eu-west-1:name"}:                                         "imported",
		{Function: cfn.GetStackOutput, Name: "S", Attribute: "O", Region: "eu-west-1", RoleARN: ""}: "output",
	}[r]
	return text, ok
}

func TestText(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"string", `"a"`, "a"},
		{"number", `111122223333`, "111122223333"},
		{"bool", `true`, "true"},
		{"null", `null`, ""},
		{"list", `["a", {"Ref": "B"}]`, "(a,${B})"},
		{"map", `{"b": 1, "a": "x"}`, "(a=x,b=1)"},
		{"ref", `{"Ref": "Key"}`, "${Key}"},
		{"known ref", `{"Ref": "AWS::Region"}`, "eu-west-1"},
		{"attribute", `{"Fn::GetAtt": ["Key", "Arn"]}`, "${Key.Arn}"},
		{"attribute as text", `{"Fn::GetAtt": "Key.Arn"}`, "${Key.Arn}"},
		{"known attribute", `{"Fn::GetAtt": "Nested.Outputs.Arn"}`, "arn:aws:x:y"},
		{"join", `{"Fn::Join": [":", ["arn", {"Ref": "AWS::Partition"}, {"Fn::Join": ["/", ["a", "b"]]}]]}`, "arn:${AWS::Partition}:a/b"},
		{"join of split", `{"Fn::Join": ["-", {"Fn::Split": ["|", "a|b"]}]}`, "a-b"},
		{"join of an unknown list", `{"Fn::Join": ["-", {"Ref": "List"}]}`, "Fn::Join(-,${List})"},
		{"sub", `{"Fn::Sub": "${AWS::Region}/${Key}/${Key.Arn}/${!Literal}/${open"}`, "eu-west-1/${Key}/${Key.Arn}/${Literal}/${open"},
		{"sub with variables", `{"Fn::Sub": ["${A}-${B}", {"A": {"Fn::GetAtt": ["Key", "Arn"]}}]}`, "${Key.Arn}-${B}"},
		{"sub of an attribute", `{"Fn::Sub": "${Nested.Outputs.Arn}"}`, "arn:aws:x:y"},
		{"import", `{"Fn::ImportValue": "S:Out"}`, "${import S:Out}"},
		{"known import", `{"Fn::ImportValue": {"Fn::Sub": "${AWS::Region}:name"}}`, "imported"},
		{"output", `{"Fn::GetStackOutput": {"StackName": "S", "OutputName": "X", "Region": "r"}}`, "${output S.X}"},
		{"known output", `{"Fn::GetStackOutput": {"StackName": "S", "OutputName": "O", "Region": {"Ref": "AWS::Region"}}}`, "output"},
		{"select", `{"Fn::Select": [1, ["a", {"Ref": "B"}]]}`, "${B}"},
		{"select, index as text", `{"Fn::Select": ["0", ["a", "b"]]}`, "a"},
		{"select of split", `{"Fn::Select": [6, {"Fn::Split": [":", "arn:${AWS::Partition}:sm:r:a:secret:name"]}]}`, "name"},
		{"select of split of an ARN known later", `{"Fn::Select": [0, {"Fn::Split": [":", {"Ref": "Secret"}]}]}`, "Fn::Select(0,Fn::Split(:,${Secret}))"},
		{"select out of range", `{"Fn::Select": [2, ["a", "b"]]}`, "Fn::Select(2,(a,b))"},
		{"select, negative", `{"Fn::Select": [-1, ["a", "b"]]}`, "Fn::Select(-1,(a,b))"},
		{"another function", `{"Fn::If": ["C", {"Ref": "A"}, "b"]}`, "Fn::If(C,${A},b)"},
		{"wrong arguments", `{"Fn::Join": ["-"]}`, "Fn::Join(-)"},
		{"jsii", `{"$jsii.map": {"Ref": "A"}}`, "${A}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := cfn.Text(value(t, c.value), region); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestTextOfDeepNesting(t *testing.T) {
	deep := strings.Repeat(`{"Fn::Join": ["", ["a", `, 100) + `"b"` + strings.Repeat(`]]}`, 100)
	if got, want := cfn.Text(value(t, deep), nil), strings.Repeat("a", 100)+"b"; got != want {
		t.Errorf("got %s", got)
	}
	// Each level doubles the text.
	doubling := strings.Repeat(`{"Fn::Sub": ["${A}${A}", {"A": `, 100) + `"b"` + strings.Repeat(`}]}`, 100)
	if got := len(cfn.Text(value(t, doubling), nil)); got > 1<<20 {
		t.Errorf("got %d bytes", got)
	}
}

func TestPlain(t *testing.T) {
	statement := `{"$jsii.map": {"Action": ["kms:Decrypt"], "Resource": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":key/", {"Ref": "Key"}]]},
		"Principal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}}, "Condition": {"Fn::If": ["C", {"Ref": "A"}, "b"]}, "N": 1}}`
	v := value(t, statement)
	got := cfn.Plain(v, func(r cfn.Reference) (string, bool) { return "aws-cn", r.Name == "AWS::Partition" })
	want := map[string]any{
		"Action": []any{"kms:Decrypt"}, "Resource": "arn:aws-cn:key/${Key}", "Principal": map[string]any{"AWS": "${Role.Arn}"},
		"Condition": map[string]any{"Fn::If": []any{"C", "${A}", "b"}}, "N": 1.0,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if !reflect.DeepEqual(v, value(t, statement)) {
		t.Error("the value was changed")
	}
}

func TestDynamicReferences(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        []string
	}{
		{"none", `{"a": ["{{resolve", "{{resolve:ssm:x"]}`, nil},
		{"twice", `["{{resolve:ssm:x}} {{resolve:ssm:y}}", {"a": "{{resolve:ssm:x}}"}]`, []string{"{{resolve:ssm:x}}", "{{resolve:ssm:y}}"}},
		{"put together in two ways", `[{"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Fn::GetAtt": ["S", "Arn"]}, ":SecretString:k::}}"]]},
			{"Fn::Sub": ["x={{resolve:${P}}}", {"P": {"Fn::Sub": "secretsmanager:${S.Arn}:SecretString:k::"}}]},
			{"Fn::Sub": "{{resolve:secretsmanager:${S.Arn}:SecretString:k::}}"}]`, []string{"{{resolve:secretsmanager:${S.Arn}:SecretString:k::}}"}},
		{"ends with a reference", `{"Fn::Sub": "{{resolve:ssm:${P}}}-{{resolve:ssm:${Q}}}"}`, []string{"{{resolve:ssm:${P}}}", "{{resolve:ssm:${Q}}}"}},
		{"in another function", `{"Fn::Join": ["", ["x", {"Fn::If": ["C", "{{resolve:ssm:a}}", {"a": "{{resolve:ssm:b}}"}]}]]}`, []string{"{{resolve:ssm:a}}", "{{resolve:ssm:b}}"}},
		{"single braces", `"{{resolve:ssm:a}b}}"`, []string{"{{resolve:ssm:a}b}}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := cfn.DynamicReferences(value(t, c.value))
			if len(got) != len(c.want) || len(got) > 0 && !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
