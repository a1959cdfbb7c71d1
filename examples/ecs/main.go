// Command ecs gives keys of a secret to the containers of a Fargate service.
//
// ECS fetches them when a task starts, with the task's execution role, which gets
// the right to read the secret and to decrypt it. The service is in the secret's own
// stack, so the reference names the version that was synced: a changed value makes a
// new task definition, and ECS rolls the service. From another stack it would take
// the current value whenever a task starts.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		// The key has a stack of its own, as keys often do.
		key := awskms.NewKey(awscdk.NewStack(app, new("Keys"), nil), new("Key"), nil)

		stack := awscdk.NewStack(app, new("Service"), nil)
		credentials := sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
			SopsFilePath:  "../credentials.sops.json",
			EncryptionKey: key,
		})

		task := awsecs.NewFargateTaskDefinition(stack, new("Task"), nil)
		task.AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
			Image: awsecs.ContainerImage_FromRegistry(new("public.ecr.aws/docker/library/busybox"), nil),
			Secrets: &map[string]awsecs.Secret{
				"API_KEY":       credentials.Key("my_api_key").EcsSecret(),
				"SMTP_PASSWORD": credentials.Key("smtp.password").EcsSecret(),
			},
		})
		awsecs.NewFargateService(stack, new("Service"), &awsecs.FargateServiceProps{
			Cluster: awsecs.NewCluster(stack, new("Cluster"), &awsecs.ClusterProps{
				Vpc: awsec2.NewVpc(stack, new("Vpc"), nil),
			}),
			TaskDefinition: task,
		})
	})
}
