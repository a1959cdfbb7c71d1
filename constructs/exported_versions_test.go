package constructs_test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func TestAnExportedVersionIsRefused(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, export := range []*string{nil, new("key")} {
		app := awscdk.NewApp(nil)
		stack := awscdk.NewStack(app, new("S"), nil)
		s := newSecret(stack, "Credentials", fromX)
		awscdk.NewCfnOutput(stack, new("Arn"), &awscdk.CfnOutputProps{Value: s.Secret().SecretArn(), ExportName: new("arn")})
		awscdk.NewCfnOutput(stack, new("Out"), &awscdk.CfnOutputProps{Value: new(s.Key("my_api_key").CfnDynamicReferenceKey()), ExportName: export})
		if export == nil {
			sopsconstructs.Synth(app)
			continue
		}
		got := panicOf(t, func() { sopsconstructs.Synth(app) })
		if want := `constructs: the output "Out" of stack "S" exports the version of a synced secret, which could then not change while another stack uses it; export the secret's ARN instead`; got != want {
			t.Errorf("got %s", got)
		}
	}
}
