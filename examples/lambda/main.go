// Command lambda reads a secret in a Lambda function.
//
// The function gets the secret's ARN, and reads the value at run time: so it stands
// in no setting of the function, and a changed value needs no deploy. Its right is
// limited to the current version. What cannot read at run time takes a dynamic
// reference, which CloudFormation replaces at deploy: here the password of an IAM user,
// and a text that Fn::Sub puts together. In a function's environment such a
// reference would show the value to whoever may read the function's settings.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

const code = `
import boto3, json, os

def handler(event, context):
    value = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET_ARN"], VersionStage="AWSCURRENT")
    api_key = json.loads(value["SecretString"])["my_api_key"]
    return {"length": len(api_key)}
`

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Lambda"), nil)
		credentials := sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
			SopsFilePath: "../credentials.sops.json",
		})

		function := awslambda.NewFunction(stack, new("Function"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_PYTHON_3_13(),
			Handler: new("index.handler"),
			Code:    awslambda.Code_FromInline(new(code)),
		})
		credentials.AddToFunction(function, "SECRET_ARN", "AWSCURRENT")

		awsiam.NewUser(stack, new("MailUser"), &awsiam.UserProps{Password: credentials.Key("smtp.password").SecretValue()})
		awscdk.NewCfnResource(stack, new("Settings"), &awscdk.CfnResourceProps{
			Type: new("AWS::SecretsManager::Secret"),
			Properties: &map[string]any{
				"Description": "The address of a database, as the driver wants it.",
				"SecretString": awscdk.Fn_Sub(new("mysql://{{resolve:secretsmanager:${User}}}:{{resolve:secretsmanager:${Password}}}@db.example.com"),
					&map[string]*string{
						"User":     new(credentials.Key("database.username").CfnDynamicReferenceKey()),
						"Password": new(credentials.Key("database.password").CfnDynamicReferenceKey()),
					}),
			},
		})
	})
}
