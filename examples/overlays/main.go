// Command overlays makes secrets of several files.
//
// Overlay lays a stage's file over what all stages have in common: of two values with one
// name the later file's lands. MergeFiles takes files of several teams together, where a
// name in both is an error that names both files. The function gets the rights that the
// keys of each file need.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func main() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Overlays"), nil)
		common := &sopsconstructs.SopsFile{Path: "common.sops.yaml"}
		prod := &sopsconstructs.SopsFile{Path: "prod.sops.yaml"}
		settings := sopsconstructs.NewSopsSecret(stack, "Settings", &sopsconstructs.SopsSecretProps{
			SopsFile: common.Overlay(prod),
		})
		// smtp.user is from the common file, smtp.password from that of prod.
		awsiam.NewUser(stack, new("MailUser"), &awsiam.UserProps{Password: settings.Key("smtp.password").SecretValue()})
		settings.Key("smtp.user")

		// A part of both files together.
		sopsconstructs.NewSopsSecret(stack, "Mail", &sopsconstructs.SopsSecretProps{
			SopsFile: common.Overlay(prod).Select("smtp"),
			Output:   sopsconstructs.OutputNestedJSON,
		})

		teams := sopsconstructs.NewSopsSecret(stack, "Teams", &sopsconstructs.SopsSecretProps{
			SopsFile: sopsconstructs.MergeFiles(
				&sopsconstructs.SopsFile{Path: "team-a.sops.json"},
				&sopsconstructs.SopsFile{Path: "team-b.sops.json"},
			),
		})
		teams.Key("payments.api_key")
		teams.Key("shipping.api_key")
	})
}
