package sopsconstructs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

func readStatement() awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: &[]*string{new("secretsmanager:GetSecretValue")}, Resources: &[]*string{new("*")},
		Principals: &[]awsiam.IPrincipal{awsiam.NewAccountPrincipal(new("444455556666"))},
	})
}

// The secret of a Target that is made in this app takes statements, as the
// Target itself does.
func TestThePolicyOfATarget(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	target := awssecretsmanager.NewSecret(stack, new("Existing"), nil)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Target: target})
	s.Secret().AddToResourcePolicy(readStatement())
	s.Secret().DenyAccountRootDelete()
	policy := text(only(t, stack, "AWS::SecretsManager::ResourcePolicy").Properties)
	if !strings.Contains(policy, `"BlockPublicPolicy":true`) {
		t.Errorf("the policy may be public: %s", policy)
	}
	if !strings.Contains(policy, "secretsmanager:GetSecretValue") || !strings.Contains(policy, "secretsmanager:DeleteSecret") {
		t.Errorf("got %s", policy)
	}
	only(t, stack, "AWS::SecretsManager::Secret") // the Target, and none for the one that is held
	if found := warnings(stack); len(found) > 0 {
		t.Errorf("got warnings %q", found)
	}
}

// Whoever adds a statement, Secrets Manager refuses a policy that is public.
func TestPoliciesAreNotPublic(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for what, add := range map[string]func(s, target *sopsconstructs.SopsSecret){
		"secret":             func(s, _ *sopsconstructs.SopsSecret) { s.AddToResourcePolicy(readStatement()) },
		"view of the secret": func(s, _ *sopsconstructs.SopsSecret) { s.Secret().AddToResourcePolicy(readStatement()) },
		"Target":             func(_, target *sopsconstructs.SopsSecret) { target.AddToResourcePolicy(readStatement()) },
		"view of the Target": func(_, target *sopsconstructs.SopsSecret) { target.Secret().AddToResourcePolicy(readStatement()) },
	} {
		stack := newStack(nil)
		existing := awssecretsmanager.NewSecret(stack, new("Existing"), nil)
		add(newSecret(stack, "Credentials", fromX), newSecret(stack, "Filled", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Target: existing}))
		if got := only(t, stack, "AWS::SecretsManager::ResourcePolicy").Properties["BlockPublicPolicy"]; got != true {
			t.Errorf("%s: BlockPublicPolicy is %v", what, got)
		}
	}
}

// What cannot be done to an imported secret is never silently nothing.
func TestWhatAnImportedSecretDoesNotTake(t *testing.T) {
	openable(t)
	stack := newStack(nil)
	imported := sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretCompleteArn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-abcdef"})
	secret := imported.Secret()
	refusesWriters(t, stack, `ImportedSopsSecret "S/Imported"`, secret)
	secret.AddToResourcePolicy(readStatement())
	secret.DenyAccountRootDelete()
	awscdk.NewCfnOutput(stack, new("Name"), &awscdk.CfnOutputProps{Value: secret.SecretName()})
	found := strings.Join(warnings(stack), "\n")
	if !strings.Contains(found, "secretsmanager:GetSecretValue") || !strings.Contains(found, "secretsmanager:DeleteSecret") {
		t.Errorf("got warnings %s", found)
	}
	if made := resources(t, stack, "AWS::SecretsManager::Secret"); len(made) > 0 {
		t.Error("a secret was made for the imported one")
	}
	if env := secret.Env(); *env.Account != "111122223333" || *env.Region != "eu-west-1" {
		t.Errorf("it is in %s, %s", *env.Account, *env.Region)
	}
}

// A reader of another account needs the Target's own policy: where that is not in
// this app, a warning says what to add to it.
func TestAReaderOfATargetElsewhere(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := at(awscdk.NewApp(nil), "S", account, ireland)
	target := awssecretsmanager.Secret_FromSecretAttributes(stack, new("Existing"), &awssecretsmanager.SecretAttributes{
		SecretCompleteArn: new(importedComplete), EncryptionKey: awskms.NewKey(stack, new("Key"), nil),
	})
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Target: target})
	s.GrantRead(awsiam.NewAccountPrincipal(new(otherAccount)))
	if found := strings.Join(warnings(stack), "\n"); !strings.Contains(found, "added this statement to the secret's policy") || !strings.Contains(found, otherAccount) {
		t.Errorf("got %s", found)
	}
}

// refusesWriters checks that what would write the secret is an error of its
// construct, and no panic, however it is asked for.
func refusesWriters(t *testing.T, stack awscdk.Stack, construct string, secret awssecretsmanager.ISecret) {
	t.Helper()
	if grant := secret.GrantWrite(newRole(stack)); *grant.Success() {
		t.Error("GrantWrite granted something")
	}
	if attached := secret.Attach(nil); attached != secret {
		t.Error("Attach does not return the secret itself")
	}
	if secret.AddRotationSchedule(new("R"), &awssecretsmanager.RotationScheduleOptions{HostedRotation: awssecretsmanager.HostedRotation_MysqlSingleUser(nil)}) == nil {
		t.Error("AddRotationSchedule returns nothing")
	}
	got := strings.Join(errorsOf(stack), "\n")
	for _, want := range []string{"GrantWrite lets others write it", "Attach would write the target's connection fields into it", "AddRotationSchedule would rotate it"} {
		if !strings.Contains(got, "constructs: "+construct+": "+want+": the value comes from a file in git, and the next sync would undo what is written beside it; ") {
			t.Errorf("no error that %s; got\n%s", want, got)
		}
	}
}

// errorsOf are the texts of the stack's errors.
func errorsOf(stack awscdk.Stack) []string {
	var texts []string
	for _, message := range *assertions.Annotations_FromStack(stack).FindError(new("*"), assertions.Match_AnyValue()) {
		//lint:ignore SA1019 the assertions module still gives this type
		texts = append(texts, fmt.Sprint(message.Entry.Data))
	}
	return texts
}
