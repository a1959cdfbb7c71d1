// Command ownbucket fills a secret and parameters from encrypted files in a bucket of one's
// own, instead of carrying them in the template.
//
// Put the file there before the deploy, under a key that changes with it, and pass that
// key, so that a rollback finds the file of before:
//
//	aws s3 cp ../credentials.sops.json "s3://$bucket/credentials/$(git rev-parse HEAD:./credentials.sops.json)"
//	cdk deploy -c "credentials=credentials/$(git rev-parse HEAD:./credentials.sops.json)"
//
// The Path beside the bucket is what synth checks and takes the names from, and the function
// takes no other file from there. A file that is in the bucket alone needs DecryptionKeys,
// and an encryption context that names the secret:
//
//	sops encrypt --kms KEY_ARN --encryption-context secret:mail/certificate mail.pem
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("OwnBucket"), nil)
		bucketKey := awskms.Key_FromKeyArn(stack, new("BucketKey"), new("arn:aws:kms:eu-west-1:111122223333:key/7d0c5b2e-9f3a-4c61-8b17-2e4f60a9d583"))
		bucket := awss3.Bucket_FromBucketAttributes(stack, new("Bucket"), &awss3.BucketAttributes{
			BucketName: new("sops-files-111122223333"), EncryptionKey: bucketKey,
		})
		key, _ := app.Node().TryGetContext(new("credentials")).(string)
		if key == "" {
			key = "credentials/latest.sops.json"
		}
		file := &sopsconstructs.SopsFile{Path: "../credentials.sops.json", Bucket: bucket, Key: key}

		secret := sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{SopsFile: file})
		settings := sopsconstructs.NewSopsParameters(stack, "Smtp", &sopsconstructs.SopsParametersProps{SopsFile: file.Select("smtp"), Prefix: "/mail"})

		// Another team's file, which is not in this repository.
		theirs := awskms.Key_FromKeyArn(stack, new("TheirKey"), new("arn:aws:kms:eu-west-1:111122223333:key/4c1f0e7a-52d9-4b36-8e0f-9a6d2b7c31e5"))
		certificate := sopsconstructs.NewSopsStringParameter(stack, "Certificate", &sopsconstructs.SopsStringParameterProps{
			SopsFile: &sopsconstructs.SopsFile{Bucket: bucket, Key: "certificates/mail.pem", Format: "binary",
				DecryptionKeys: []awskms.IKey{theirs}, DecryptionContext: map[string]string{"secret": "mail/certificate"}},
			ParameterName: "/mail/certificate",
			Output:        sopsconstructs.OutputRaw,
		})

		role := awsiam.NewRole(stack, new("Reader"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(new("ecs-tasks.amazonaws.com"), nil)})
		secret.GrantRead(role)
		settings.GrantRead(role)
		certificate.GrantRead(role)
	})
}
