// Command rotation rotates a secret with a function of one's own. It is "Using a
// Custom Lambda Function" of the CDK's Secrets Manager module.
//
// The value of a secret from a SOPS file is the one in git; a rotated value is in
// no file. So what rotates is a secret of the CDK's own beside the other one, with the
// same key. To rotate what git owns is an error that says so.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Rotation"), nil)
		key := awskms.NewKey(stack, new("Key"), nil)
		credentials := sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
			SopsFilePath:  "../credentials.sops.json",
			EncryptionKey: key,
		})

		// Secrets Manager may call the function, and the function may read and write
		// the secret, and use its key.
		rotate := awslambda.NewFunction(stack, new("Rotate"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_PYTHON_3_13(),
			Handler: new("index.handler"),
			Code:    awslambda.Code_FromAsset(new("function"), nil),
			Timeout: awscdk.Duration_Seconds(jsii.Number(30)),
		})
		rotated := awssecretsmanager.NewSecret(stack, new("ServicePassword"), &awssecretsmanager.SecretProps{
			EncryptionKey: key,
			GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
				SecretStringTemplate: new(`{"username": "service"}`),
				GenerateStringKey:    new("password"),
			},
		})
		rotated.AddRotationSchedule(new("Rotation"), &awssecretsmanager.RotationScheduleOptions{
			RotationLambda:     rotate,
			AutomaticallyAfter: awscdk.Duration_Days(jsii.Number(15)),
		})

		// One reader for both.
		service := awslambda.NewFunction(stack, new("Service"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_PYTHON_3_13(),
			Handler: new("index.handler"),
			Code:    awslambda.Code_FromInline(new("def handler(event, context): pass")),
		})
		credentials.GrantRead(service)
		rotated.GrantRead(service, nil)
	})
}
