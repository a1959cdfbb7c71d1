// Command databaserotation rotates the credentials of a database with AWS's
// rotation applications, in both schemes. It is "Rotating database credentials" of
// the CDK's Secrets Manager module.
//
// The administrator's secret is the one that RDS generates, and the CDK's
// SecretRotation changes its password in place (single user). The application's
// secret is generated beside the one from the SOPS file; it changes between two users
// of the database, which the administrator's secret makes (multi user), so the
// application is never locked out. Both have the form that rotation needs: AttachTo
// adds engine, host and port.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

const unwanted = ` %+~'"@/\:;{}`

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("DatabaseRotation"), nil)
		vpc := awsec2.NewVpc(stack, new("Vpc"), nil)
		database := awsrds.NewDatabaseInstance(stack, new("Database"), &awsrds.DatabaseInstanceProps{
			Engine:           awsrds.DatabaseInstanceEngine_Mysql(&awsrds.MySqlInstanceEngineProps{Version: awsrds.MysqlEngineVersion_VER_8_4_7()}),
			Vpc:              vpc,
			Credentials:      awsrds.Credentials_FromGeneratedSecret(new("admin"), &awsrds.CredentialsBaseOptions{ExcludeCharacters: new(unwanted)}),
			StorageEncrypted: new(true),
		})
		awssecretsmanager.NewSecretRotation(stack, new("AdminRotation"), &awssecretsmanager.SecretRotationProps{
			Application:       awssecretsmanager.SecretRotationApplication_MYSQL_ROTATION_SINGLE_USER(),
			Secret:            database.Secret(),
			Target:            database,
			Vpc:               vpc,
			ExcludeCharacters: new(unwanted),
		})

		// What git owns stands beside it, and is not rotated.
		sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
			SopsFilePath: "../credentials.sops.json",
		})

		// A further user, whose password the administrator's secret changes.
		user := awssecretsmanager.NewSecret(stack, new("ApplicationUser"), &awssecretsmanager.SecretProps{
			GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
				SecretStringTemplate: stack.ToJsonString(&map[string]any{
					"username": "application", "masterarn": database.Secret().SecretArn(),
				}, nil),
				GenerateStringKey: new("password"),
				ExcludeCharacters: new(unwanted),
			},
		})
		awssecretsmanager.NewSecretRotation(stack, new("ApplicationRotation"), &awssecretsmanager.SecretRotationProps{
			Application:        awssecretsmanager.SecretRotationApplication_MYSQL_ROTATION_MULTI_USER(),
			Secret:             user.Attach(database),
			MasterSecret:       database.Secret(),
			Target:             database,
			Vpc:                vpc,
			AutomaticallyAfter: awscdk.Duration_Days(jsii.Number(7)),
			ExcludeCharacters:  new(unwanted),
		})
	})
}
