// Command empty is one stack with nothing in it: what every app of the CDK in Go costs.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	awscdk.NewStack(app, new("Stack"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: new("111122223333"), Region: new("eu-west-1")},
	})
	app.Synth(nil)
}
