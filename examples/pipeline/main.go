// Command pipeline gives keys of a secret to the builds of a CodePipeline, by
// CodeBuild's variables of the type SECRETS_MANAGER.
//
// A variable is SECRET_ARN:KEY. CodeBuild fetches the current value when a build
// starts, with the project's role, and masks it in the logs, so a changed secret
// needs no deploy of the pipeline. The ARN, and not the name, works from another
// account too. The project is granted the secret by GrantRead: the right that the CDK
// itself gives knows nothing of the secret's key.
//
// The names of the keys are constants that sopscdk writes, so a typo does not compile.
package main

//go:generate go run github.com/ebb7bed6/sopscdk/cmd/sopscdk keys ../credentials.sops.json --go keys --out keys/keys.go

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipelineactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/examples/pipeline/keys"
)

// variables are the environment of a build.
type variables = map[string]*awscodebuild.BuildEnvironmentVariable

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		secrets := awscdk.NewStack(app, new("Secrets"), nil)
		credentials := sopsconstructs.NewSopsSecret(secrets, "Credentials", &sopsconstructs.SopsSecretProps{
			SopsFilePath:  "../credentials.sops.json",
			EncryptionKey: awskms.NewKey(secrets, new("Key"), nil),
		})

		stack := awscdk.NewStack(app, new("Pipeline"), nil)
		bucket := awss3.NewBucket(stack, new("Source"), &awss3.BucketProps{Versioned: new(true)})
		project := awscodebuild.NewPipelineProject(stack, new("Build"), &awscodebuild.PipelineProjectProps{
			BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{
				"version": "0.2",
				"phases":  map[string]any{"build": map[string]any{"commands": []string{`test -n "$MY_API_KEY"`}}},
			}),
			// For every build of the project.
			EnvironmentVariables: &variables{"MY_API_KEY": credentials.Key(keys.MyAPIKey).BuildEnvironmentVariable()},
		})
		credentials.GrantRead(project)

		source := awscodepipeline.NewArtifact(new("Source"), nil)
		awscodepipeline.NewPipeline(stack, new("Pipeline"), &awscodepipeline.PipelineProps{
			PipelineType: awscodepipeline.PipelineType_V2,
			Stages: &[]*awscodepipeline.StageProps{
				{StageName: new("Source"), Actions: &[]awscodepipeline.IAction{
					awscodepipelineactions.NewS3SourceAction(&awscodepipelineactions.S3SourceActionProps{
						ActionName: new("Source"), Bucket: bucket, BucketKey: new("source.zip"), Output: source,
					}),
				}},
				{StageName: new("Build"), Actions: &[]awscodepipeline.IAction{
					awscodepipelineactions.NewCodeBuildAction(&awscodepipelineactions.CodeBuildActionProps{
						ActionName: new("Build"), Project: project, Input: source,
						// For this action's builds.
						EnvironmentVariables: &variables{"SMTP_PASSWORD": credentials.Key(keys.SMTPPassword).BuildEnvironmentVariable()},
					}),
				}},
			},
		})
	})
}
