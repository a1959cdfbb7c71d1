// Command generated makes secrets of both kinds side by side: those that Secrets
// Manager generates, which are in no file, and those that come from a SOPS file.
//
// It is "Create a new Secret in a Stack" of the CDK's Secrets Manager module. A
// generated secret is the CDK's own and works as ever. The secret from the file
// goes wherever that one goes: both are passwords of IAM users here, and both are
// granted to a role.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Generated"), nil)

		// A random password, and one beside a user name.
		generated := awssecretsmanager.NewSecret(stack, new("Secret"), nil)
		awsiam.NewUser(stack, new("User"), &awsiam.UserProps{Password: generated.SecretValue()})
		templated := awssecretsmanager.NewSecret(stack, new("TemplatedSecret"), &awssecretsmanager.SecretProps{
			GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
				SecretStringTemplate: new(`{"username": "user"}`),
				GenerateStringKey:    new("password"),
			},
		})
		awsiam.NewUser(stack, new("OtherUser"), &awsiam.UserProps{
			UserName: templated.SecretValueFromJson(new("username")).UnsafeUnwrap(),
			Password: templated.SecretValueFromJson(new("password")),
		})

		// The same from a file. Key fails at synth for a name that is not in it.
		credentials := sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
			SopsFilePath:  "../credentials.sops.json",
			Description:   "What the file says, and nothing else.",
			RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		})
		awsiam.NewUser(stack, new("MailUser"), &awsiam.UserProps{
			Password: credentials.Key("smtp.password").SecretValue(),
		})

		role := awsiam.NewRole(stack, new("SomeRole"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
		generated.GrantRead(role, nil)
		credentials.GrantRead(role)
	})
}
