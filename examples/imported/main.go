// Command imported refers to secrets that exist. It is "Importing Secrets" of the
// CDK's Secrets Manager module.
//
// There are two sides to it. ImportSopsSecret… only reads: another stack, app or
// account fills the secret, and the SOPS file is named so that the names of keys
// are still checked at synth; it is not decrypted. Target writes: the secret was
// made by hand or by another tool, and the file fills it from now on.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

const (
	partialARN  = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:my_secret"
	completeARN = partialARN + "-f3gDy9"
	keyARN      = "arn:aws:kms:eu-west-1:111122223333:key/21c4b39b-fde2-4273-9ac0-d9bb5c0d0030"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Imported"), &awscdk.StackProps{
			Env: &awscdk.Environment{Account: new("111122223333"), Region: new("eu-west-1")},
		})
		key := awskms.Key_FromKeyArn(stack, new("Key"), new(keyARN))
		role := awsiam.NewRole(stack, new("Reader"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})

		// The same secret, by all it can be known by. Its key is part of what it is:
		// without it the role could not decrypt.
		from := func(id string, props sopsconstructs.ImportSopsSecretProps) *sopsconstructs.ImportedSopsSecret {
			props.SopsFilePath, props.EncryptionKey = "../credentials.sops.json", key
			return sopsconstructs.ImportSopsSecret(stack, id, &props)
		}
		byCompleteARN := from("ByCompleteArn", sopsconstructs.ImportSopsSecretProps{SecretCompleteArn: completeARN})
		byPartialARN := from("ByPartialArn", sopsconstructs.ImportSopsSecretProps{SecretPartialArn: partialARN})
		byName := from("ByName", sopsconstructs.ImportSopsSecretProps{SecretName: "my_secret"})
		byCompleteARN.GrantRead(role)

		awsiam.NewUser(stack, new("MailUser"), &awsiam.UserProps{Password: byName.Key("smtp.password").SecretValue()})
		awscdk.NewCfnOutput(stack, new("Complete"), &awscdk.CfnOutputProps{Value: byCompleteARN.Secret().SecretArn()})
		awscdk.NewCfnOutput(stack, new("Partial"), &awscdk.CfnOutputProps{Value: byPartialARN.Secret().SecretArn()})

		// A secret that was there before its file.
		sopsconstructs.NewSopsSecret(stack, "Filled", &sopsconstructs.SopsSecretProps{
			SopsFilePath: "../credentials.sops.json",
			Target: awssecretsmanager.Secret_FromSecretCompleteArn(stack, new("Existing"),
				new("arn:aws:secretsmanager:eu-west-1:111122223333:secret:made_by_hand-Xy12Zw")),
		})
	})
}
