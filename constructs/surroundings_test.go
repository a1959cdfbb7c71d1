package sopsconstructs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/jsii-runtime-go"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// What users put around the constructs, by public reports, and what must come of it.
func TestSurroundings(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))

	t.Run("a permissions boundary for the whole app", func(t *testing.T) {
		stack := newStack(nil)
		newSecret(stack, "Credentials", fromX)
		awsiam.PermissionsBoundary_Of(stack).Apply(awsiam.ManagedPolicy_FromManagedPolicyName(stack, new("Boundary"), new("boundary")))
		if got := text(only(t, stack, "AWS::IAM::Role").Properties["PermissionsBoundary"]); !strings.Contains(got, ":policy/boundary") {
			t.Errorf("got %s", got)
		}
	})

	t.Run("a role with a path and a boundary", func(t *testing.T) {
		stack := newStack(nil)
		role := awsiam.NewRole(stack, new("Role"), &awsiam.RoleProps{
			Path: new("/teams/shop/"), AssumedBy: awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil),
			PermissionsBoundary: awsiam.ManagedPolicy_FromManagedPolicyName(stack, new("Boundary"), new("boundary")),
		})
		provider := sopsconstructs.NewSopsSyncProvider(stack, "Provider", &sopsconstructs.SopsSyncProviderProps{Role: role})
		newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SyncProvider: provider})
		id := only(t, stack, "AWS::IAM::Role").ID
		if got := text(only(t, stack, "AWS::IAM::Policy").Properties["Roles"]); got != `[{"Ref":"`+id+`"}]` {
			t.Errorf("the policy is that of %s", got)
		}
	})

	t.Run("an existing role in a stack without env", func(t *testing.T) {
		stack := newStack(nil)
		role := awsiam.Role_FromRoleArn(stack, new("Role"), new("arn:aws:iam::111122223333:role/teams/theirs"), nil)
		provider := sopsconstructs.NewSopsSyncProvider(stack, "Provider", &sopsconstructs.SopsSyncProviderProps{Role: role})
		newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SyncProvider: provider})
		if got := text(only(t, stack, "AWS::IAM::Policy").Properties["Roles"]); got != `["theirs"]` {
			t.Errorf("the policy is that of %s", got)
		}
	})

	t.Run("a tag for everything", func(t *testing.T) {
		app := awscdk.NewApp(nil)
		stack := awscdk.NewStack(app, new("S"), nil)
		newSecret(stack, "Credentials", fromX)
		awscdk.Tags_Of(app).Add(new("CostCenter"), new("42"), nil)
		tags := text(only(t, stack, "AWS::SecretsManager::Secret").Properties["Tags"])
		for _, want := range []string{`{"Key":"CostCenter","Value":"42"}`, `{"Key":"sops:file","Value":"x.sops.json"}`} {
			if !strings.Contains(tags, want) {
				t.Errorf("got %s, want %s in it", tags, want)
			}
		}
	})

	t.Run("a qualifier of the bootstrap", func(t *testing.T) {
		write(t, "x.sops.json", large(2800)) // an asset
		app := awscdk.NewApp(nil)
		stack := awscdk.NewStack(app, new("S"), &awscdk.StackProps{Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{Qualifier: new("myteam")})})
		newSecret(stack, "Credentials", fromX)
		if got := text(resources(t, stack, "AWS::IAM::Policy")); !strings.Contains(got, "cdk-myteam-assets-") || strings.Contains(got, "cdk-hnb659fds") {
			t.Errorf("got %s", got)
		}
		write(t, "x.sops.json", standard(clear))
	})

	t.Run("the legacy synthesizer", func(t *testing.T) {
		write(t, "x.sops.json", large(2800)) // an asset
		stack := awscdk.NewStack(awscdk.NewApp(nil), new("S"), &awscdk.StackProps{Synthesizer: awscdk.NewLegacyStackSynthesizer()})
		newSecret(stack, "Credentials", fromX)
		sync := only(t, stack, syncprotocol.ResourceType)
		bucket, _ := sync.at("File", "Bucket").(map[string]any)
		name, _ := bucket["Ref"].(string) // a parameter that the cdk command fills
		if name == "" || !strings.Contains(text(resources(t, stack, "AWS::IAM::Policy")), `{"Ref":"`+name+`"}`) {
			t.Errorf("the function may not read the object in %s", text(bucket))
		}
		write(t, "x.sops.json", standard(clear))
	})

	t.Run("a step of a pipeline, with a customer-managed key", func(t *testing.T) {
		stack := newStack(nil)
		key := awskms.NewKey(stack, new("Key"), nil)
		s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: key})
		source := pipelines.CodePipelineSource_S3(awss3.Bucket_FromBucketName(stack, new("Source"), new("source")), new("app.zip"), nil)
		step := pipelines.NewCodeBuildStep(new("Synth"), &pipelines.CodeBuildStepProps{
			Input: source, Commands: jsii.Strings("true"), PrimaryOutputDirectory: new("cdk.out"),
			BuildEnvironment: &awscodebuild.BuildEnvironment{EnvironmentVariables: &map[string]*awscodebuild.BuildEnvironmentVariable{
				"API_KEY": s.Key("my_api_key").BuildEnvironmentVariable(),
			}},
		})
		pipeline := pipelines.NewCodePipeline(stack, new("Pipeline"), &pipelines.CodePipelineProps{Synth: step, SelfMutation: new(false)})
		pipeline.BuildPipeline()
		s.GrantRead(step.Project())
		role, _ := only(t, stack, "AWS::CodeBuild::Project").Properties["ServiceRole"].(map[string]any)
		id, _ := role["Fn::GetAtt"].([]any)[0].(string)
		var decrypts bool
		for _, policy := range resources(t, stack, "AWS::IAM::Policy") {
			decrypts = decrypts || strings.Contains(text(policy.Properties["Roles"]), id) && strings.Contains(text(policy), `"kms:ViaService"`) && strings.Contains(text(policy), "kms:Decrypt")
		}
		if !decrypts {
			t.Error("the step's role may not decrypt the secret")
		}
	})

	for _, withKey := range []bool{false, true} {
		t.Run(fmt.Sprint("an organization, with a key: ", withKey), func(t *testing.T) {
			stack := newStack(nil)
			props, kinds := fromX, []string{"AWS::SecretsManager::ResourcePolicy"}
			if withKey {
				props.EncryptionKey, kinds = awskms.NewKey(stack, new("Key"), nil), append(kinds, "AWS::KMS::Key")
			}
			newSecret(stack, "Credentials", props).GrantRead(awsiam.NewOrganizationPrincipal(new("o-1234567890")))
			for _, kind := range kinds {
				if got := text(only(t, stack, kind).Properties); !strings.Contains(got, `"aws:PrincipalOrgID":"o-1234567890"`) {
					t.Errorf("%s: got %s", kind, got)
				}
			}
		})
	}
}
