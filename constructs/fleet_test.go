package sopsconstructs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// An app of many secrets, each from a file of its own and granted to a reader: with the
// checks of the whole app in callbacks, it would end in a stack overflow of Node.
func TestAFleet(t *testing.T) {
	const secrets, stacks = 300, 6
	openable(t)
	t.Chdir(t.TempDir())
	for i := range secrets {
		content, err := standard(clear).Encrypt()
		if err == nil {
			err = os.WriteFile(fmt.Sprintf("x%d.sops.json", i), content, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	synthesize := func(context map[string]any) []string {
		out := t.TempDir()
		app := awscdk.NewApp(&awscdk.AppProps{Context: &context, Outdir: &out, TreeMetadata: new(false)})
		for i := range stacks {
			stack := at(app, fmt.Sprintf("S%d", i), account, ireland)
			role := newRole(stack)
			for j := range secrets / stacks {
				props := fromX
				props.SopsFilePath = fmt.Sprintf("x%d.sops.json", i*secrets/stacks+j)
				newSecret(stack, fmt.Sprintf("Secret%d", j), props).GrantRead(role)
			}
		}
		app.Synth(nil)
		var templates []string
		for i := range stacks {
			templates = append(templates, string(read(t, fmt.Sprintf("%s/S%d.template.json", out, i))))
		}
		return templates
	}
	decrypted, skipped := synthesize(nil), synthesize(map[string]any{"sops:decrypt": "skip"})
	for i := range decrypted {
		if decrypted[i] != skipped[i] {
			t.Errorf("the templates of S%d differ", i)
		}
		if got := strings.Count(decrypted[i], `"Custom::SopsSync"`); got != secrets/stacks {
			t.Errorf("S%d fills %d secrets, want %d", i, got, secrets/stacks)
		}
		if got := strings.Count(decrypted[i], `"secretsmanager:GetSecretValue"`); got < secrets/stacks {
			t.Errorf("S%d has %d grants, want %d", i, got, secrets/stacks)
		}
	}
}
