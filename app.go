// The app takes secrets from SOPS files in git to AWS Secrets Manager. See the
// README for its stacks, stages and context.
package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/stacks"
)

func main() { sopsconstructs.Run(build, "stage", "account") }

func build(app awscdk.App) {
	sopsconstructs.SetFilePolicy(app, stacks.FilePolicy())
	stacks.New(app, &stacks.Props{
		Stage:   stacks.Stage(context(app, "stage")),
		Account: context(app, "account"),
	})
}

// context returns the text of a context value, or nothing where it is not set.
func context(app awscdk.App, key string) string {
	switch value := app.Node().TryGetContext(&key).(type) {
	case nil:
		return ""
	case string:
		if value == "" {
			panic(fmt.Errorf("context %s is empty; give it a value, or leave it out", key))
		}
		return value
	default:
		panic(fmt.Errorf("context %s is not a string; write it in quotes", key))
	}
}
