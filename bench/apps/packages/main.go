// Command packages uses the five packages of the CDK that an app with a function, a
// secret, a key, an asset and a log group needs: what its first build costs without
// this project. The asset is the argument.
package main

import (
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("Stack"), nil)
	asset := awss3assets.NewAsset(stack, new("Asset"), &awss3assets.AssetProps{Path: &os.Args[1]})
	awssecretsmanager.NewSecret(stack, new("Secret"), &awssecretsmanager.SecretProps{
		EncryptionKey: awskms.NewKey(stack, new("Key"), nil),
	})
	awslambda.NewFunction(stack, new("Function"), &awslambda.FunctionProps{
		Runtime:  awslambda.Runtime_PROVIDED_AL2023(),
		Handler:  new("bootstrap"),
		Code:     awslambda.Code_FromBucket(asset.Bucket(), asset.S3ObjectKey(), nil),
		LogGroup: awslogs.NewLogGroup(stack, new("Logs"), nil),
	})
	app.Synth(nil)
}
