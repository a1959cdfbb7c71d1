// Command app is what the end to end test deploys besides the project's own stacks: a
// file for parameters and secrets, and a secret of each form.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("FormsStack"), &awscdk.StackProps{
			Env: &awscdk.Environment{Account: new("123456789012"), Region: new("eu-west-1")},
		})
		secret := func(name string, file *sopsconstructs.SopsFile, output sopsconstructs.Output) {
			sopsconstructs.NewSopsSecret(stack, name, &sopsconstructs.SopsSecretProps{
				SopsFile: file, SecretName: "forms/" + name, Output: output, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
			})
		}

		// One file to three targets.
		settings := &sopsconstructs.SopsFile{Path: "e2e/app/settings.sops.yaml"}
		sopsconstructs.NewSopsParameters(stack, "parameters", &sopsconstructs.SopsParametersProps{
			SopsFile: settings.Select("parameters"), Prefix: "/forms/app", Tags: map[string]string{"team": "e2e"},
		})
		sopsconstructs.NewSopsStringParameter(stack, "parameter", &sopsconstructs.SopsStringParameterProps{
			SopsFile: settings, ParameterName: "forms-certificate", Output: sopsconstructs.OutputValue("certificate"),
		})
		secret("part", settings.Select("secret"), "")

		secret("value", settings, sopsconstructs.OutputValue("certificate"))
		secret("raw", &sopsconstructs.SopsFile{Path: "e2e/app/documents.sops.yaml"}, sopsconstructs.OutputRaw)
		secret("binary", &sopsconstructs.SopsFile{Path: "e2e/app/keystore.p12"}, sopsconstructs.OutputBinary)
	})
}
