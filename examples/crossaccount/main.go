// Command crossaccount lets other accounts read a secret. It is "Grant permission
// to use the secret to a role", across accounts, of the CDK's Secrets Manager module.
//
// It takes three policies: that of the secret, that of the key which encrypts it,
// and that of whoever reads. GrantRead writes all that are in this app. It needs a
// customer's key, since no other account can use the account's own, and for a role
// in another account's stack a SecretName, by which the role's policy names the
// secret.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func in(account string) *awscdk.StackProps {
	return &awscdk.StackProps{Env: &awscdk.Environment{Account: &account, Region: new("eu-west-1")}}
}

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Owner"), in("111122223333"))
		credentials := sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
			SopsFilePath:  "../credentials.sops.json",
			SecretName:    "shared_credentials",
			EncryptionKey: awskms.NewKey(stack, new("Key"), nil),
		})
		credentials.DenyAccountRootDelete()

		// A role of this app, in a stack of another account: everything is written.
		reader := awscdk.NewStack(app, new("Reader"), in("444455556666"))
		role := awsiam.NewRole(reader, new("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(new("ec2.amazonaws.com"), nil)})
		credentials.GrantRead(role)

		// A whole account: its administrators say in their policies who of it reads.
		credentials.GrantRead(awsiam.NewAccountPrincipal("777788889999"))
	})
}
