package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

var named = sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "named"}

// Where one stack names its account or region and the other does not, what a
// policy says for the one means another place in the other.
func TestGrantsBetweenUnlikeEnvironmentsAreRefused(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	explicit := &awscdk.Environment{Account: new("444455556666"), Region: new("us-east-1")}
	for name, c := range map[string]struct{ secret, reader *awscdk.Environment }{
		"the reader's is explicit":  {nil, explicit},
		"the secret's is explicit":  {explicit, nil},
		"the reader's region alone": {nil, &awscdk.Environment{Region: new("us-east-1")}},
	} {
		app := awscdk.NewApp(nil)
		s := newSecret(awscdk.NewStack(app, new("S"), &awscdk.StackProps{Env: c.secret}), "Credentials", named)
		role := newRole(awscdk.NewStack(app, new("R"), &awscdk.StackProps{Env: c.reader}))
		got := panicOf(t, func() { s.GrantRead(role) })
		if !strings.Contains(got, `constructs: SopsSecret "S/Credentials": of the stacks "S" and "R", one has an explicit `) || !strings.Contains(got, "give both an env, or neither") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestAReplicaComesBeforeTheGrantsThatItIsFor(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", named)
	role := newRole(awscdk.NewStack(stack.Node().Root().(awscdk.App), new("R"), &awscdk.StackProps{Env: &awscdk.Environment{Region: new("us-east-1")}}))
	s.GrantRead(role)
	got := panicOf(t, func() { s.AddReplicaRegion("us-east-1", nil) })
	if !strings.Contains(got, "GrantRead was called for a reader in us-east-1, and gave it the secret and not the replica; call AddReplicaRegion before it") {
		t.Errorf("got %s", got)
	}
	got = panicOf(t, func() {
		newSecret(stack, "Nameless", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", ReplicaRegions: []*awssecretsmanager.ReplicaRegion{{}}})
	})
	if !strings.Contains(got, "an entry of ReplicaRegions has no Region") {
		t.Errorf("got %s", got)
	}
}

// Stages are deployed one by one; the CDK takes no dependency between them.
func TestGrantAcrossStages(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	app := awscdk.NewApp(nil)
	in := func(stage, region string) awscdk.Stack {
		env := &awscdk.Environment{Account: new("111122223333"), Region: &region}
		return awscdk.NewStack(awscdk.NewStage(app, &stage, nil), new("Stack"), &awscdk.StackProps{Env: env})
	}
	s := newSecret(in("One", "eu-west-1"), "Credentials", named)
	s.GrantRead(newRole(in("Two", "us-east-1"))).AssertSuccess()
}

// A role of another account that is named in this stack is named in the key's
// policy, and not the whole of its account.
func TestTheKeysPolicyNamesTheRole(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := awscdk.NewStack(awscdk.NewApp(nil), new("S"), &awscdk.StackProps{Env: &awscdk.Environment{Account: new("111122223333"), Region: new("eu-west-1")}})
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: awskms.NewKey(stack, new("Key"), nil)})
	s.GrantRead(awsiam.Role_FromRoleArn(stack, new("Foreign"), new("arn:aws:iam::444455556666:role/app"), nil))
	policy := text(only(t, stack, "AWS::KMS::Key").Properties["KeyPolicy"])
	if !strings.Contains(policy, `"arn:aws:iam::444455556666:role/app"`) || strings.Contains(policy, "444455556666:root") {
		t.Errorf("got %s", policy)
	}
}

func TestReferencesThatCannotBe(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"a}}b": "v"}`))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", fromX)
	imported := sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretName: "name"})
	partial := sopsconstructs.ImportSopsSecret(stack, "Partial", &sopsconstructs.ImportSopsSecretProps{SecretPartialArn: importedPartial})
	const incomplete = `an ECS secret needs the complete ARN, with the six characters at its end; import the secret by SecretCompleteArn`
	for want, misuse := range map[string]func(){
		`"S/Imported": ` + incomplete:                    func() { imported.Key("a").EcsSecret() },
		`ImportedSopsSecret "S/Imported": ` + incomplete: func() { imported.EcsSecret() },
		`"S/Partial": ` + incomplete:                     func() { partial.Key("a").EcsSecret() },
		`the key "a}}b" cannot be a dynamic reference, since it contains }}; rename it in x.sops.json`: func() { s.Key("a}}b").SecretValue() },
		`a key without a name cannot be an ECS secret; pass Secret() for the whole secret`:             func() { imported.Key("").EcsSecret() },
		`no key "username" in x.sops.json; for a database pass RdsCredentials with the names of the two keys: ` +
			`Credentials.fromSecret would attach the database to the secret as well, and write into it`: func() { s.Secret().SecretValueFromJson(new("username")) },
	} {
		if got := panicOf(t, misuse); !strings.HasSuffix(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
