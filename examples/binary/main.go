// Command binary makes a secret of a keystore.
//
// sops takes every file whose ending it does not know for binary: "sops encrypt --in-place
// keystore.p12". It lands as SecretBinary, byte for byte. Nothing can refer to a part of
// it: the program reads it when it runs (GetSecretValue, SecretBinary).
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Binary"), nil)
		keystore := sopsconstructs.NewSopsSecret(stack, "Keystore", &sopsconstructs.SopsSecretProps{
			SopsFilePath: "keystore.p12",
			Output:       sopsconstructs.OutputBinary,
		})
		keystore.GrantRead(awsiam.NewRole(stack, new("Signer"), &awsiam.RoleProps{
			AssumedBy: awsiam.NewServicePrincipal(new("ecs-tasks.amazonaws.com"), nil),
		}))
	})
}
