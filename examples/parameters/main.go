// Command parameters fills SecureString parameters of SSM: one for each value of a file,
// and one from a single value.
//
// CloudFormation cannot make a SecureString, so the stack's function makes and removes
// them. A function of Lambda gets a parameter's name and reads it at run time; CodeBuild and
// ECS fetch theirs when a build or a task starts. Each has the right to read and decrypt
// what it was granted, and waits until the parameter is filled.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

const code = `
import boto3, os

def handler(event, context):
    parameter = boto3.client("ssm").get_parameter(Name=os.environ["API_KEY_PARAMETER"], WithDecryption=True)
    return {"length": len(parameter["Parameter"]["Value"])}
`

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Parameters"), nil)
		key := awskms.NewKey(stack, new("Key"), nil)

		// /shop/dev/my_api_key, /shop/dev/smtp/user, …
		settings := sopsconstructs.NewSopsParameters(stack, "Settings", &sopsconstructs.SopsParametersProps{
			SopsFilePath:  "../credentials.sops.json",
			Prefix:        "/shop/dev",
			EncryptionKey: key,
			Tags:          map[string]string{"team": "shop"},
		})
		// One value, under the name that an older program reads, by the account's own key.
		smtp := sopsconstructs.NewSopsStringParameter(stack, "Smtp", &sopsconstructs.SopsStringParameterProps{
			SopsFilePath:  "../credentials.sops.json",
			ParameterName: "smtp-password",
			Output:        sopsconstructs.OutputValue("smtp.password"),
			RemovalPolicy: awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		})

		apiKey := settings.Parameter("my_api_key")
		function := awslambda.NewFunction(stack, new("Function"), &awslambda.FunctionProps{
			Runtime:     awslambda.Runtime_PYTHON_3_13(),
			Handler:     new("index.handler"),
			Code:        awslambda.Code_FromInline(new(code)),
			Environment: &map[string]*string{"API_KEY_PARAMETER": new(apiKey.ParameterName())},
		})
		apiKey.GrantRead(function)

		builds := awscdk.NewStack(app, new("Builds"), nil)
		project := awscodebuild.NewProject(builds, new("Build"), &awscodebuild.ProjectProps{
			BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{
				"version": "0.2",
				"phases":  map[string]any{"build": map[string]any{"commands": []string{`test -n "$DATABASE_PASSWORD"`}}},
			}),
			EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{
				"DATABASE_PASSWORD": settings.Parameter("database.password").BuildEnvironmentVariable(),
			},
		})
		settings.GrantRead(project)

		task := awsecs.NewFargateTaskDefinition(stack, new("Task"), nil)
		task.AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
			Image: awsecs.ContainerImage_FromRegistry(new("public.ecr.aws/docker/library/busybox"), nil),
			Secrets: &map[string]awsecs.Secret{
				"DATABASE_PASSWORD": settings.Parameter("database.password").EcsSecret(),
				"SMTP_PASSWORD":     smtp.EcsSecret(),
			},
		})
	})
}
