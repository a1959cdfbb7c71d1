// Command hostedrotation rotates a database's password with a function that AWS
// hosts. It is "Using a Hosted Lambda Function" of the CDK's Secrets Manager
// module.
//
// The database and its generated secret are RDS's business, and git owns neither.
// A second user of the database rotates too: its secret is made beside the one from
// the SOPS file, and gets the database's address by Attach. (The user itself is made
// by whoever sets up the database.)
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("HostedRotation"), nil)
		vpc := awsec2.NewVpc(stack, new("Vpc"), nil)
		database := awsrds.NewDatabaseInstance(stack, new("Database"), &awsrds.DatabaseInstanceProps{
			Engine:           awsrds.DatabaseInstanceEngine_Mysql(&awsrds.MySqlInstanceEngineProps{Version: awsrds.MysqlEngineVersion_VER_8_4_7()}),
			Vpc:              vpc,
			Credentials:      awsrds.Credentials_FromGeneratedSecret(new("admin"), nil),
			StorageEncrypted: new(true),
		})

		// What git owns stands beside it, and is not rotated.
		sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
			SopsFilePath: "../credentials.sops.json",
		})
		// In the VPC the function has security groups, and the database lets it in.
		hosted := awssecretsmanager.HostedRotation_MysqlSingleUser(&awssecretsmanager.SingleUserHostedRotationOptions{
			Vpc: vpc, ExcludeCharacters: new(` %+~'"@/\`),
		})
		reports := awssecretsmanager.NewSecret(stack, new("ReportsUser"), &awssecretsmanager.SecretProps{
			GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
				SecretStringTemplate: new(`{"username": "reports"}`),
				GenerateStringKey:    new("password"),
				ExcludeCharacters:    new(` %+~'"@/\`),
			},
		})
		reports.Attach(database).AddRotationSchedule(new("Rotation"), &awssecretsmanager.RotationScheduleOptions{
			HostedRotation: hosted,
		})
		database.Connections().AllowDefaultPortFrom(hosted, new("rotation"))
	})
}
