// Command agekey fills a secret and parameters from a file that has no KMS key: an age
// identity opens it.
//
// The function reads the identity when it is asked to decrypt, from a SecureString
// parameter that somebody put there by hand, once:
//
//	age-keygen -o keys.txt
//	aws ssm put-parameter --name /sops/age-identity --type SecureString --value file://keys.txt
//
// The identity is in no template and in no environment variable. It may as well be in a
// secret of Secrets Manager (AgeIdentityFromSecret), and there may be several places, as
// while one takes another's place.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

const code = `
import boto3, os

def handler(event, context):
    value = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])
    return {"length": len(value["SecretString"])}
`

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("AgeKey"), nil)
		identity := awsssm.StringParameter_FromSecureStringParameterAttributes(stack, new("Identity"), &awsssm.SecureStringParameterAttributes{
			ParameterName: new("/sops/age-identity"),
		})
		file := &sopsconstructs.SopsFile{
			Path:          "services.sops.yaml",
			AgeIdentities: []*sopsconstructs.AgeIdentity{sopsconstructs.AgeIdentityFromParameter(identity, nil)},
		}

		secret := sopsconstructs.NewSopsSecret(stack, "Api", &sopsconstructs.SopsSecretProps{SopsFile: file.Select("api")})
		sopsconstructs.NewSopsParameters(stack, "Worker", &sopsconstructs.SopsParametersProps{SopsFile: file.Select("worker"), Prefix: "/worker"})
		sopsconstructs.NewSopsStringParameter(stack, "License", &sopsconstructs.SopsStringParameterProps{
			SopsFile: file, ParameterName: "license", Output: sopsconstructs.OutputValue("license"),
		})

		function := awslambda.NewFunction(stack, new("Function"), &awslambda.FunctionProps{
			Runtime:     awslambda.Runtime_PYTHON_3_13(),
			Handler:     new("index.handler"),
			Code:        awslambda.Code_FromInline(new(code)),
			Environment: &map[string]*string{"SECRET": secret.Secret().SecretArn()},
		})
		secret.GrantRead(function)
	})
}
