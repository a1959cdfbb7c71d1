package sopsconstructs_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// The main function of an app with one secret.
func ExampleRun() {
	sopsconstructs.Run(func(app awscdk.App) {
		stack := awscdk.NewStack(app, new("Secrets"), nil)
		sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
			SopsFilePath: "sops/credentials.sops.yaml",
		})
	})
}

// A secret that a build reads, with one of its keys as a variable of the build.
func ExampleNewSopsSecret() {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"sops:decrypt": "skip"}})
	stack := awscdk.NewStack(app, new("SopsSecretsManagerStack"), nil)

	credentials := sopsconstructs.NewSopsSecret(stack, "SopsCredentials", &sopsconstructs.SopsSecretProps{
		SecretName:   "sops_credentials",
		SopsFilePath: exampleFile(`{"my_api_key": "demo"}`),
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

// A secret that another app fills. The file says which keys it has.
func ExampleImportSopsSecret() {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"sops:decrypt": "skip"}})
	stack := awscdk.NewStack(app, new("Reader"), nil)

	credentials := sopsconstructs.ImportSopsSecret(stack, "Credentials", &sopsconstructs.ImportSopsSecretProps{
		SecretName:   "sops_credentials",
		SopsFilePath: exampleFile(`{"my_api_key": "demo"}`),
	})

	fmt.Println(credentials.Key("my_api_key").BuildEnvironmentVariable().Value)
	// Output: sops_credentials:my_api_key
}

// Three outputs of one file: its values, a part of them with their shape, and a single one.
func ExampleOutputValue() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("Secrets"), nil)
	file := &sopsconstructs.SopsFile{Path: "sops/app.sops.yaml"}

	sopsconstructs.NewSopsSecret(stack, "All", &sopsconstructs.SopsSecretProps{SopsFile: file})
	sopsconstructs.NewSopsSecret(stack, "Database", &sopsconstructs.SopsSecretProps{
		SopsFile: file.Select("database"),
		Output:   sopsconstructs.OutputNestedJSON,
	})
	sopsconstructs.NewSopsSecret(stack, "Token", &sopsconstructs.SopsSecretProps{
		SopsFile: file,
		Output:   sopsconstructs.OutputValue("github.token"),
	})
}

// A message 30 days before each date of the file, and one a week before.
func ExampleNewExpirationReminders() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("Secrets"), nil)

	sopsconstructs.NewExpirationReminders(stack, "Reminders", &sopsconstructs.ExpirationRemindersProps{
		SopsFilePath: "sops/partners.sops.yaml", // api_key, and in clear text api_key_expiration: 2028-03-31
		Topic:        awssns.NewTopic(stack, new("Topic"), nil),
		DaysBefore:   []int{30, 7},
	})
}

// What is common to all stages, and what is prod's, as one secret: the later file's value lands.
func ExampleSopsFile_Overlay() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("Secrets"), nil)

	common := &sopsconstructs.SopsFile{Path: "sops/common.sops.yaml"}
	sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
		SopsFile: common.Overlay(&sopsconstructs.SopsFile{Path: "sops/prod.sops.yaml"}),
	})
}

// Two files as one secret. A name that both have fails synth.
func ExampleMergeFiles() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("Secrets"), nil)

	sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
		SopsFile: sopsconstructs.MergeFiles(
			&sopsconstructs.SopsFile{Path: "sops/database.sops.yaml"},
			&sopsconstructs.SopsFile{Path: "sops/mail.sops.json"},
		),
	})
}

// One value of a file as a SecureString.
func ExampleNewSopsStringParameter() {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"sops:decrypt": "skip"}})
	stack := awscdk.NewStack(app, new("Parameters"), nil)

	token := sopsconstructs.NewSopsStringParameter(stack, "Token", &sopsconstructs.SopsStringParameterProps{
		ParameterName: "/app/token",
		SopsFilePath:  exampleFile(`{"token": "demo"}`),
		Output:        sopsconstructs.OutputValue("token"),
	})
	reader := awsiam.NewRole(stack, new("Reader"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	token.GrantRead(reader)

	fmt.Println(token.BuildEnvironmentVariable().Type)
	// Output: PARAMETER_STORE
}

// A SecureString for each value of a file: /app/prod/db/user, /app/prod/db/password and so on. A role may read them all,
// and a build one of them.
func ExampleNewSopsParameters() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("Parameters"), nil)

	parameters := sopsconstructs.NewSopsParameters(stack, "All", &sopsconstructs.SopsParametersProps{
		Prefix:       "/app/prod",
		SopsFilePath: "sops/prod.sops.yaml",
	})
	role := awsiam.NewRole(stack, new("Reader"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	parameters.GrantRead(role)

	password := parameters.Parameter("db.password")
	project := awscodebuild.NewProject(stack, new("Build"), &awscodebuild.ProjectProps{
		BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
		EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{
			"DB_PASSWORD": password.BuildEnvironmentVariable(),
		},
	})
	password.GrantRead(project)
}

// A function inside a network, which fills all secrets of the stack that name it.
func ExampleNewSopsSyncProvider() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("Secrets"), nil)

	provider := sopsconstructs.NewSopsSyncProvider(stack, "Sync", &sopsconstructs.SopsSyncProviderProps{
		Vpc:     awsec2.NewVpc(stack, new("Network"), nil),
		Timeout: awscdk.Duration_Minutes(new(5.0)),
	})
	sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
		SopsFilePath: "sops/credentials.sops.yaml",
		SyncProvider: provider,
	})
}

// A file that has age recipients and no KMS key: at deploy the function reads the identity from a secret.
func ExampleAgeIdentityFromSecret() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("Secrets"), nil)

	identity := awssecretsmanager.Secret_FromSecretNameV2(stack, new("Identity"), new("sops-age-identity"))
	sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
		SopsFile: &sopsconstructs.SopsFile{
			Path:          "sops/credentials.sops.yaml",
			AgeIdentities: []*sopsconstructs.AgeIdentity{sopsconstructs.AgeIdentityFromSecret(identity)},
		},
	})
}

// The same with the identity in a SecureString, which the account's own key encrypts.
func ExampleAgeIdentityFromParameter() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("Secrets"), nil)

	parameter := awsssm.StringParameter_FromSecureStringParameterAttributes(stack, new("Identity"),
		&awsssm.SecureStringParameterAttributes{ParameterName: new("/sops/age-identity")})
	sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
		SopsFile: &sopsconstructs.SopsFile{
			Path:          "sops/credentials.sops.yaml",
			AgeIdentities: []*sopsconstructs.AgeIdentity{sopsconstructs.AgeIdentityFromParameter(parameter, nil)},
		},
	})
}

// Files of this app may name prod's keys and role, and nothing else; and each must have
// keys of two regions.
func ExampleSetFilePolicy() {
	app := awscdk.NewApp(nil)
	sopsconstructs.SetFilePolicy(app, sopsconstructs.FilePolicy{
		AllowedKeys: []string{
			"arn:aws:kms:eu-west-1:111122223333:alias/sops-prod-key-eu",
			"arn:aws:kms:us-east-1:111122223333:alias/sops-prod-key-us",
			"arn:aws:iam::111122223333:role/sops-prod-role",
		},
		MinRegions: 2,
	})
	stack := awscdk.NewStack(app, new("Secrets"), nil)
	sopsconstructs.NewSopsSecret(stack, "Credentials", &sopsconstructs.SopsSecretProps{
		SopsFilePath: "sops/credentials.sops.yaml",
	})
}

// exampleFile is a SOPS file of these values, in a temporary folder.
func exampleFile(clear string) string {
	content, err := standard(clear).Encrypt()
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	path := filepath.Join(dir, "credentials.sops.json")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		panic(err)
	}
	return path
}
