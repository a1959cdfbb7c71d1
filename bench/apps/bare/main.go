// Command bare is the least that an app with one synced secret needs of the CDK: a
// function from a ready zip, a secret and a custom resource. The zip is the argument.
package main

import (
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("Stack"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: new("111122223333"), Region: new("eu-west-1")},
	})
	function := awslambda.NewFunction(stack, new("Function"), &awslambda.FunctionProps{
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: awslambda.Architecture_ARM_64(),
		Handler:      new("bootstrap"),
		Code:         awslambda.Code_FromAsset(&os.Args[1], nil),
	})
	secret := awssecretsmanager.NewSecret(stack, new("Secret"), nil)
	awscdk.NewCustomResource(stack, new("Sync"), &awscdk.CustomResourceProps{
		ServiceToken: function.FunctionArn(),
		Properties:   &map[string]any{"SecretArn": secret.SecretArn()},
	})
	app.Synth(nil)
}
