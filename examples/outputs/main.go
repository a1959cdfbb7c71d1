// Command outputs makes a secret of each form from one file.
//
// Flat JSON, the default, has a name for each value, as references need them. Nested JSON
// keeps the file's shape, for programs that read it whole. The raw text is what "sops
// decrypt" prints. One value is a secret that is this text and nothing around it. (A file
// of the binary format has an example of its own.)
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Outputs"), nil)
		secret := func(id string, output sopsconstructs.Output) *sopsconstructs.SopsSecret {
			return sopsconstructs.NewSopsSecret(stack, id, &sopsconstructs.SopsSecretProps{
				SopsFilePath: "../credentials.sops.json",
				Output:       output,
			})
		}
		flat := secret("Flat", sopsconstructs.OutputFlatJSON)
		nested := secret("Nested", sopsconstructs.OutputNestedJSON)
		raw := secret("Raw", sopsconstructs.OutputRaw)
		password := secret("Password", sopsconstructs.OutputValue("smtp.password"))

		// The whole text of a secret, and one key of another, in a build.
		project := awscodebuild.NewProject(stack, new("Build"), &awscodebuild.ProjectProps{
			BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2", "phases": map[string]any{"build": map[string]any{"commands": []string{"./deploy"}}}}),
			EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{
				"API_KEY":  flat.Key("my_api_key").BuildEnvironmentVariable(),
				"SETTINGS": raw.BuildEnvironmentVariable(),
			},
		})
		flat.GrantRead(project)
		raw.GrantRead(project)

		// A program that reads the file's shape, numbers as numbers.
		nested.GrantRead(awsiam.NewRole(stack, new("Reader"), &awsiam.RoleProps{
			AssumedBy: awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil),
		}))

		// The secret is the password alone.
		awsiam.NewUser(stack, new("MailUser"), &awsiam.UserProps{Password: password.SecretValue()})
	})
}
