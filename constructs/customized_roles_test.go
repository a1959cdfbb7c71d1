package sopsconstructs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// Where roles are made elsewhere (aws/aws-cdk#22749), the CDK reports what they need: the
// function's rights stand there, and in no policy of the template.
func TestCustomizedRoles(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for name, c := range map[string]struct {
		options  awsiam.CustomizeRolesOptions
		policies int
	}{
		"no role is made":        {awsiam.CustomizeRolesOptions{PreventSynthesis: new(true)}, 0},
		"one that is made first": {awsiam.CustomizeRolesOptions{UsePrecreatedRoles: &map[string]*string{"S/SopsSyncProvider/Role": new("theirs"), "S/Role": new("ours")}}, 0},
		"roles are made as well": {awsiam.CustomizeRolesOptions{PreventSynthesis: new(false)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
			awsiam.Role_CustomizeRoles(app, &c.options)
			stack := awscdk.NewStack(app, new("S"), nil)
			newSecret(stack, "A", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"}).GrantRead(newRole(stack))
			newSecret(stack, "B", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
			app.Synth(nil)
			report, err := os.ReadFile(filepath.Join(out, "iam-policy-report.txt"))
			if err != nil {
				t.Fatal(err)
			}
			_, function, _ := strings.Cut(string(report), "(S/SopsSyncProvider/Role)")
			for _, want := range []string{"kms:Decrypt", keyEU, "secretsmanager:PutSecretValue", "logs:PutLogEvents"} {
				if !strings.Contains(function, want) {
					t.Errorf("the report lacks %s:\n%s", want, report)
				}
			}
			template, err := os.ReadFile(filepath.Join(out, "S.template.json"))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(string(template), `"AWS::IAM::Policy"`); got != c.policies {
				t.Errorf("got %d policies in the template, want %d", got, c.policies)
			}
		})
	}
}
