// Command manysecrets makes a secret for each service from one file.
//
// Select takes a map of the file. Names are those inside it, and each reader gets the
// right to its own secret alone. The file is decrypted once at synth.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("ManySecrets"), nil)
		file := &sopsconstructs.SopsFile{Path: "services.sops.yaml"}
		secrets := map[string]*sopsconstructs.SopsSecret{}
		for _, service := range []string{"api", "web", "worker"} {
			secrets[service] = sopsconstructs.NewSopsSecret(stack, service, &sopsconstructs.SopsSecretProps{
				SopsFile:   file.Select("services." + service),
				SecretName: "services/" + service,
			})
			secrets[service].GrantRead(awsiam.NewRole(stack, new(service+"Role"), &awsiam.RoleProps{
				AssumedBy: awsiam.NewServicePrincipal(new("ecs-tasks.amazonaws.com"), nil),
			}))
		}

		// One value of a part is a secret, too.
		queue := sopsconstructs.NewSopsSecret(stack, "Queue", &sopsconstructs.SopsSecretProps{
			SopsFile: file.Select("services.worker"),
			Output:   sopsconstructs.OutputValue("queue_password"),
		})
		task := awsecs.NewFargateTaskDefinition(stack, new("Task"), nil)
		task.AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
			Image: awsecs.ContainerImage_FromRegistry(new("public.ecr.aws/docker/library/busybox"), nil),
			Secrets: &map[string]awsecs.Secret{
				"DATABASE_PASSWORD": secrets["api"].Key("database.password").EcsSecret(),
				"QUEUE_PASSWORD":    queue.EcsSecret(),
			},
		})
	})
}
