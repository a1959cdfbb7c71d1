package sopsconstructs_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func ExampleNewSopsSecret() {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"sops:decrypt": "skip"}})
	stack := awscdk.NewStack(app, new("SopsSecretsManagerStack"), nil)

	credentials := sopsconstructs.NewSopsSecret(stack, "SopsCredentials", &sopsconstructs.SopsSecretProps{
		SecretName:   "sops_credentials",
		SopsFilePath: exampleFile(),
	})
	apiKey := credentials.Key("my_api_key").BuildEnvironmentVariable()

	project := awscodebuild.NewProject(stack, new("Build"), &awscodebuild.ProjectProps{
		BuildSpec:            awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
		EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{"MY_API_KEY": apiKey},
	})
	credentials.GrantRead(project)

	fmt.Println(apiKey.Type)
	// Output: SECRETS_MANAGER
}

// exampleFile is a SOPS file with the key my_api_key, in a temporary folder.
func exampleFile() string {
	content, err := standard(`{"my_api_key": "demo"}`).Encrypt()
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	path := filepath.Join(dir, "mymanagedsecrets.sops.json")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		panic(err)
	}
	return path
}
