package constructs_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func TestManyDynamicReferences(t *testing.T) {
	openable(t)
	file := `{"a0": "demo"`
	for i := 1; i < 60; i++ {
		file += fmt.Sprintf(`, "a%d": "demo"`, i)
	}
	write(t, "x.sops.json", standard(file+"}"))
	// As the cdk command has it: by this it finds the templates of nested stacks.
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:enable-asset-metadata": true}})
	few, many, parent := awscdk.NewStack(app, new("Few"), nil), awscdk.NewStack(app, new("Many"), nil), awscdk.NewStack(app, new("Parent"), nil)
	nested := awscdk.NewNestedStack(parent, new("Nested"), nil)
	refer := func(stack awscdk.Stack, secret *sopsconstructs.SopsSecret, n int) {
		var values []any
		for i := range n {
			values = append(values, secret.Key(fmt.Sprintf("a%d", i)).SecretValue())
		}
		// What is there already counts once, however it is written.
		key := secret.Key("a0")
		values = append(values, key.SecretValue(), awscdk.Fn_Sub(new("x={{resolve:secretsmanager:${P}}}"), &map[string]*string{"P": new(key.CfnDynamicReferenceKey())}))
		consume(stack, "Values", values)
	}
	refer(few, newSecret(few, "Secret", fromX), 49)
	refer(many, newSecret(many, "Secret", fromX), 50)
	inParent := newSecret(parent, "Secret", fromX)
	refer(nested, inParent, 51)

	var warnings bytes.Buffer
	sopsconstructs.WarnOfReferences(&warnings, app.Synth(nil))
	const rest = ", and CloudFormation takes 60; read secrets at run time, or split the stack\n"
	want := `warning: the template of stack "Many" has 50 dynamic references` + rest +
		`warning: the template of stack "NestedNestedStackNestedNestedStackResourceDEFDAA4D" in "Parent" has 51 dynamic references` + rest
	if got := warnings.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
