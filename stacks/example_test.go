package stacks_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/stacks"
)

// The four stacks of prod, in an account of its own.
func ExampleNew() {
	sopsconstructs.Run(func(app awscdk.App) {
		system := stacks.New(app, &stacks.Props{Stage: "prod", Account: "111122223333"})
		fmt.Println(*system.SecretsManager.StackName())
	})
}
