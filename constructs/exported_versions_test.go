package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
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
			app.Synth(nil)
			continue
		}
		got := panicOf(t, func() { app.Synth(nil) })
		if !strings.Contains(got, "ValidationFailed") {
			t.Errorf("got %s", got)
		}
		if got, want := findings(t, app), "fatal exported-version S: "; len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("got %q, want one that begins with %q", got, want)
		}
	}
}
