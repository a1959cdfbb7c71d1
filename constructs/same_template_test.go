package sopsconstructs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// A template follows from the app and its files alone. The CDK numbers its tokens from a number
// that it draws for each process: nothing that lands may depend on it, such as a hash over
// the text of a token.
func TestTemplatesAreTheSame(t *testing.T) {
	const folder, out = "SAME_TEMPLATE_FOLDER", "SAME_TEMPLATE_OUT"
	if os.Getenv(folder) != "" { // it is the other process
		t.Chdir(os.Getenv(folder))
		if err := os.WriteFile(os.Getenv(out), []byte(*awscdk.Aws_PARTITION()+"\n"+templateOfAll(t)), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	env := os.Environ() // with the HOME of this machine, where all is compiled
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	openable(t)
	write(t, "x.sops.json", standard(dated))
	files, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	first := templateOfAll(t)
	for range 20 {
		other := filepath.Join(t.TempDir(), "other")
		child := exec.Command(os.Args[0], "-test.run=^TestTemplatesAreTheSame$")
		child.Dir = here
		child.Env = append(env, folder+"="+files, out+"="+other, "SOPS_AGE_KEY="+identity.String())
		if printed, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, printed)
		}
		content, err := os.ReadFile(other)
		if err != nil {
			t.Fatal(err)
		}
		token, second, _ := strings.Cut(string(content), "\n")
		if token == *awscdk.Aws_PARTITION() {
			continue // it drew the same number
		}
		if first != second {
			at := 0
			for first[at] == second[at] {
				at++
			}
			t.Errorf("another process has …%s, not …%s", second[at-60:at+60], first[at-60:at+60])
		}
		return
	}
	t.Error("every process drew the same number")
}

// templateOfAll is the template of a stack with constructs of each kind, made of x.sops.json.
func templateOfAll(t *testing.T) string {
	t.Helper()
	const x = "x.sops.json"
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("S"), &awscdk.StackProps{Env: &awscdk.Environment{Account: new(account), Region: new(ireland)}})
	key := awskms.NewKey(stack, new("Key"), nil)
	vpc := awsec2.NewVpc(stack, new("Vpc"), &awsec2.VpcProps{MaxAzs: new(float64(1))})
	provider := sopsconstructs.NewSopsSyncProvider(stack, "Provider", &sopsconstructs.SopsSyncProviderProps{Vpc: vpc, AssetBucketKey: key})
	bucket := awss3.NewBucket(stack, new("Bucket"), &awss3.BucketProps{EncryptionKey: key})
	identity := awssecretsmanager.NewSecret(stack, new("Identity"), &awssecretsmanager.SecretProps{EncryptionKey: key})
	target := awssecretsmanager.NewSecret(stack, new("Target"), &awssecretsmanager.SecretProps{EncryptionKey: key})
	file := sopsconstructs.SopsFile{Path: x, AgeIdentities: []*sopsconstructs.AgeIdentity{sopsconstructs.AgeIdentityFromSecret(identity)}}

	secret := newSecret(stack, "Secret", sopsconstructs.SopsSecretProps{SopsFile: &file, EncryptionKey: key, SyncProvider: provider})
	newSecret(stack, "Adopted", sopsconstructs.SopsSecretProps{SopsFilePath: x, SecretName: "adopted", Adopt: true, EncryptionKey: key, SyncProvider: provider})
	newSecret(stack, "Filled", sopsconstructs.SopsSecretProps{SopsFilePath: x, Target: target, SyncProvider: provider})
	newSecret(stack, "InBucket", sopsconstructs.SopsSecretProps{
		SopsFile: &sopsconstructs.SopsFile{Bucket: bucket, Key: x, DecryptionKeys: []awskms.IKey{key}, UnboundObject: true}, SyncProvider: provider,
	})
	parameters := sopsconstructs.NewSopsParameters(stack, "Many", &many{SopsFilePath: x, Prefix: "/app", OnEmpty: sopsconstructs.OnEmptySkip, EncryptionKey: key, SyncProvider: provider})
	sopsconstructs.NewSopsStringParameter(stack, "One", &one{SopsFilePath: x, ParameterName: "one", Output: sopsconstructs.OutputValue("api_key"), SyncProvider: provider})
	sopsconstructs.NewExpirationReminders(stack, "Reminders", &sopsconstructs.ExpirationRemindersProps{
		SopsFilePath: x, Topic: awssns.NewTopic(stack, new("Topic"), nil), Suffix: "_unencrypted",
	})
	imported := sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretName: "imported", SopsFilePath: x, EncryptionKey: key})

	role := awsiam.NewRole(stack, new("Reader"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(new("ecs-tasks.amazonaws.com"), nil)})
	for _, grant := range []func(awsiam.IGrantable, ...string) awsiam.Grant{secret.GrantRead, imported.GrantRead} {
		grant(role)
		grant(role, "AWSPREVIOUS")
	}
	parameters.GrantRead(role)
	secret.AddReplicaRegion("us-east-1", nil)
	function := awslambda.NewFunction(stack, new("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: new("index.handler"), Code: awslambda.Code_FromInline(new("def handler(event, context): pass")),
		Environment: &map[string]*string{"VALUE": secret.Key("api_key").SecretValue().UnsafeUnwrap(), "VERSION": new(secret.VersionID())},
	})
	secret.AddToFunction(function, "SECRET_ARN")
	awsecs.NewFargateTaskDefinition(stack, new("Task"), nil).AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
		Image: awsecs.ContainerImage_FromRegistry(new("app"), nil),
		Secrets: &map[string]awsecs.Secret{
			"SECRET": secret.Key("api_key").EcsSecret(), "PARAMETER": parameters.Parameter("api_key").EcsSecret(), "WHOLE": secret.EcsSecret(),
		},
	})

	// Without the function's own hash, which follows from the code as it is at that moment.
	return assetHash.ReplaceAllString(text(*assertions.Template_FromStack(stack, nil).ToJSON()), "HASH")
}

var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)
