package sopstest_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/sopstest"
)

var t *testing.T // that of the test

// newOrders stands for the stack that is tested.
func newOrders(app awscdk.App, file string) awscdk.Stack {
	stack := awscdk.NewStack(app, new("Orders"), nil)
	sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{SopsFilePath: file})
	return stack
}

func ExampleFile() {
	file := sopstest.File{Values: map[string]any{
		"api_key":  "an-api-key-of-a-test",
		"database": map[string]any{"user": "orders", "password": "correct-horse-battery"},
	}}.Write(t, "orders.sops.json")

	app := sopstest.NewApp(t, nil)
	newOrders(app, file)
	sopstest.MustNotLeak(t, app.Synth(nil))
}

// Each assertion that fails is an error of the test, and the next one is made.
func ExampleCheck() {
	template := assertions.Template_FromStack(newOrders(sopstest.NewApp(t, nil), "orders.sops.json"), nil)
	for _, kind := range []string{"AWS::SecretsManager::Secret", "AWS::SSM::Parameter", "AWS::Lambda::Function"} {
		sopstest.Check(t, func() { template.ResourceCountIs(&kind, new(1.0)) })
	}
}

// A file that only KMS opens, in a region that refuses.
func ExampleKMS() {
	const ireland, virginia = "arn:aws:kms:eu-west-1:111122223333:key/orders-eu", "arn:aws:kms:us-east-1:111122223333:key/orders-us"
	file := sopstest.File{
		Values:     map[string]any{"api_key": "an-api-key-of-a-test"},
		KMSKeys:    []string{ireland, virginia},
		WithoutAge: true,
	}.Write(t, "orders.sops.json")

	kms := sopstest.StartKMS(t, ireland, virginia)
	kms.Deny(ireland)
	app := sopstest.NewApp(t, nil)
	newOrders(app, file)
	app.Synth(nil)
	fmt.Println(kms.Asked()) // both
}
