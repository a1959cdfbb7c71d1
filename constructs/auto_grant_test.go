package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

// statements are what the function may do or must be allowed to do, by statement id.
func statements(t *testing.T, documents ...any) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, document := range documents {
		for _, s := range field(document.(map[string]any), "Statement").([]any) {
			s := s.(map[string]any)
			found[s["Sid"].(string)] = text(s)
		}
	}
	return found
}

// With an AutoGrant of false the stack has no policy for the function, and
// PolicyStatements are all that the policy would have said.
func TestRoleOfOnesOwn(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	deployed := func(autoGrant *bool) (stack awscdk.Stack, role awsiam.IRole, provider *sopsconstructs.SopsSyncProvider) {
		stack = newStack(nil)
		role = awsiam.NewRole(stack, new("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil)})
		provider = sopsconstructs.NewSopsSyncProvider(stack, "Own", &sopsconstructs.SopsSyncProviderProps{Role: role, AutoGrant: autoGrant, Vpc: network(stack)})
		newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{
			SyncProvider:  provider,
			EncryptionKey: awskms.NewKey(stack, new("Key"), nil),
			SopsFile: &sopsconstructs.SopsFile{Path: "x.sops.json", Key: "x.sops.json",
				Bucket: awss3.Bucket_FromBucketName(stack, new("Bucket"), new("a-bucket"))},
		})
		return stack, role, provider
	}

	granted, _, _ := deployed(nil)
	var documents []any
	for _, policy := range resources(t, granted, "AWS::IAM::Policy") {
		documents = append(documents, policy.Properties["PolicyDocument"])
	}
	want := statements(t, documents...)
	for _, action := range []string{"kms:Decrypt", "s3:GetObject", "secretsmanager:PutSecretValue", "logs:PutLogEvents", "ec2:CreateNetworkInterface"} {
		if !strings.Contains(text(want), action) {
			t.Fatalf("the function's policy has no %s", action)
		}
	}

	stack, _, _ := deployed(new(false))
	for _, kind := range []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"} {
		if found := resources(t, stack, kind); len(found) > 0 {
			t.Errorf("with an AutoGrant of false there is %s", text(found[0].raw))
		}
	}
	if got := text(only(t, stack, "AWS::IAM::Role").Properties); strings.Contains(got, "Policies") {
		t.Errorf("the role got %s", got)
	}

	stack, role, provider := deployed(new(false))
	for _, statement := range provider.PolicyStatements() {
		role.AddToPrincipalPolicy(statement)
	}
	policy := only(t, stack, "AWS::IAM::Policy")
	got := statements(t, policy.Properties["PolicyDocument"])
	for sid, statement := range want {
		if got[sid] != statement {
			t.Errorf("%s: got\n%s\nwant\n%s", sid, got[sid], statement)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d statements, want %d", len(got), len(want))
	}
	// The function must not run before it has its rights.
	if waits := text(only(t, stack, "AWS::Lambda::Function").DependsOn); !strings.Contains(waits, policy.ID) {
		t.Errorf("the function waits for %s, want %s among them", waits, policy.ID)
	}
	if d := deploy(t, stack, "eu-west-1", nil); !d.may(t, iameval.Request{Action: "kms:Decrypt", Resource: keyEU}) {
		t.Error("the role may not decrypt the file")
	}
}

// What takes no policies, or is elsewhere, is fine where none is made; and statements
// that would be incomplete are refused.
func TestAutoGrantOffWithOtherRoles(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	immutable := awsiam.Role_FromRoleArn(stack, new("Role"), new(roleEU), &awsiam.FromRoleArnOptions{Mutable: new(false)})
	other := awscdk.NewStack(stack.Node().Root().(awscdk.App), new("Other"), &awscdk.StackProps{Env: &awscdk.Environment{Region: new("eu-west-1")}})
	elsewhere := awsiam.NewRole(other, new("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil)})
	for id, role := range map[string]awsiam.IRole{"Immutable": immutable, "Elsewhere": elsewhere, "ItsOwn": nil} {
		provider := sopsconstructs.NewSopsSyncProvider(stack, id, &sopsconstructs.SopsSyncProviderProps{Role: role, AutoGrant: new(false)})
		secret := func(id, path string) {
			newSecret(stack, id, sopsconstructs.SopsSecretProps{SopsFilePath: path, SyncProvider: provider})
		}
		secret(id+"1", "x.sops.json")
		before := len(provider.PolicyStatements())
		if before == 0 {
			t.Errorf("%s: no statements", id)
		}
		got := panicOf(t, func() { secret(id+"2", "x.sops.json") })
		if want := `constructs: SopsSyncProvider "S/` + id + `": a secret or a parameter comes after PolicyStatements, and what it needs is missing there; call PolicyStatements after the last one`; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	if found := resources(t, stack, "AWS::IAM::Policy"); len(found) > 0 {
		t.Errorf("there is %s", text(found[0].raw))
	}
}
