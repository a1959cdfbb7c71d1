// Command replication has a secret in a second region, and reads it there. It is
// "Replicating secrets" of the CDK's Secrets Manager module.
//
// The deploy has succeeded when every replica has the new value. A grant to a role
// whose stack is in the replica's region is one on the replica and on its key: that
// takes a SecretName, by which the role's policy names the replica.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

const replicaKey = "arn:aws:kms:us-east-1:111122223333:key/5d0f7c1e-93a4-4f1c-8b6e-2c7a90e4d3b1"

func in(region string) *awscdk.StackProps {
	return &awscdk.StackProps{Env: &awscdk.Environment{Account: new("111122223333"), Region: &region}}
}

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Primary"), in("eu-west-1"))
		credentials := sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
			SopsFilePath:  "../credentials.sops.json",
			SecretName:    "replicated_credentials",
			EncryptionKey: awskms.NewKey(stack, new("Key"), nil),
			ReplicaRegions: []*awssecretsmanager.ReplicaRegion{{
				Region:        new("us-east-1"),
				EncryptionKey: awskms.Key_FromKeyArn(stack, new("ReplicaKey"), new(replicaKey)),
			}},
		})
		credentials.AddReplicaRegion("eu-central-1", nil) // with that region's own key

		reader := awscdk.NewStack(app, new("ReaderInTheUS"), in("us-east-1"))
		role := awsiam.NewRole(reader, new("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(new("ec2.amazonaws.com"), nil)})
		credentials.GrantRead(role)
	})
}
