package sopsconstructs_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// manySecrets makes secrets of files with two keys each of their own, and an
// encryption context: the statements grow with each.
func manySecrets(t *testing.T, stack awscdk.Stack, count int, provider *sopsconstructs.SopsSyncProvider) {
	t.Helper()
	t.Chdir(t.TempDir())
	for i := range count {
		file := standard(`{"a": "b"}`)
		file.KMS = nil
		for _, region := range []string{"eu-west-1", "us-east-1"} {
			file.KMS = append(file.KMS, sopstest.KMS{
				ARN:     fmt.Sprintf("arn:aws:kms:%s:111122223333:key/1111aaaa-0000-4000-8000-%012d", region, i),
				Context: map[string]string{"Application": fmt.Sprintf("application-%d", i)},
			})
		}
		content, err := file.Encrypt()
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("x%d.sops.json", i)
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
		newSecret(stack, fmt.Sprintf("Secret%d", i), sopsconstructs.SopsSecretProps{
			SopsFilePath: name, SyncProvider: provider, SecretName: fmt.Sprintf("some/team/application-%d/credentials", i),
		})
	}
}

// However many secrets share a function, its policies stay below what IAM takes,
// and all of its rights are there before it runs.
func TestManySecretsFitThePoliciesOfOneRole(t *testing.T) {
	openable(t)
	stack := newStack(map[string]any{"sops:decrypt": "skip"})
	manySecrets(t, stack, 40, nil)

	// Each reference grows to the ARN of a secret when it is deployed.
	length := func(document any) int {
		grown := strings.ReplaceAll(text(document), `{"Ref":"`, strings.Repeat("x", 100)+`{"Ref":"`)
		return len(grown)
	}
	function := only(t, stack, "AWS::Lambda::Function")
	for kind, limit := range map[string]int{"AWS::IAM::Policy": 10_240, "AWS::IAM::ManagedPolicy": 6_144} {
		found := resources(t, stack, kind)
		if len(found) == 0 {
			t.Errorf("there is no %s", kind)
		}
		for _, policy := range found {
			if got := length(policy.Properties["PolicyDocument"]); got > limit {
				t.Errorf("%s %s has %d characters, and IAM takes %d", kind, policy.ID, got, limit)
			}
			if !strings.Contains(text(function.DependsOn), policy.ID) {
				t.Errorf("the function does not wait for %s", policy.ID)
			}
		}
	}
	all := text(resources(t, stack, "AWS::IAM::Policy")) + text(resources(t, stack, "AWS::IAM::ManagedPolicy"))
	if got := strings.Count(all, "secretsmanager:PutSecretValue"); got != 40 {
		t.Errorf("the function may write %d secrets, want 40", got)
	}

	crowded := newStack(map[string]any{"sops:decrypt": "skip"})
	got := panicOf(t, func() { manySecrets(t, crowded, 100, nil) })
	if want := `constructs: SopsSyncProvider "S/SopsSyncProvider": its role would need more than 10 managed policies, and IAM gives it no more; ` +
		`give some of its secrets and parameters another SyncProvider, or put them into another stack`; got != want {
		t.Errorf("got %s", got)
	}
}

// What is known at deploy alone counts as much as it may grow to: statements about
// secrets with names that CloudFormation makes are tokens for the most part.
func TestTokensCountInPolicies(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(map[string]any{"sops:decrypt": "skip"})
	for i := range 60 {
		newSecret(stack, fmt.Sprintf("Secret%d", i), fromX)
	}
	arn := "arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:" + strings.Repeat("n", 70) + "-AbCdEf"
	reference := regexp.MustCompile(`\{"(Ref|Fn::GetAtt)":("[^"]*"|\[[^\]]*\])\}`)
	for kind, limit := range map[string]int{"AWS::IAM::Policy": 10_240, "AWS::IAM::ManagedPolicy": 6_144} {
		for _, policy := range resources(t, stack, kind) {
			deployed := reference.ReplaceAllString(text(policy.Properties["PolicyDocument"]), `"`+arn+`"`)
			if len(deployed) > limit {
				t.Errorf("%s %s has %d characters when it is deployed, and IAM takes %d", kind, policy.ID, len(deployed), limit)
			}
		}
	}
}

// A role that two stacks import has the rights of both: neither's policy has the
// name of the other's.
func TestARoleThatTwoStacksImport(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	app := awscdk.NewApp(nil)
	var stacks []awscdk.Stack
	for _, id := range []string{"One", "Two"} {
		stack := awscdk.NewStack(app, &id, &awscdk.StackProps{Env: &awscdk.Environment{Region: new("eu-west-1")}})
		role := awsiam.Role_FromRoleArn(stack, new("Role"), new(roleEU), nil)
		provider := sopsconstructs.NewSopsSyncProvider(stack, "Own", &sopsconstructs.SopsSyncProviderProps{Role: role})
		newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SyncProvider: provider})
		stacks = append(stacks, stack)
	}
	var names []string
	for _, stack := range stacks {
		for _, policy := range resources(t, stack, "AWS::IAM::Policy") {
			if strings.Contains(text(policy.Properties), "PutSecretValue") {
				names = append(names, policy.Properties["PolicyName"].(string))
			}
		}
	}
	if len(names) != 2 || names[0] == names[1] {
		t.Errorf("policies are named %q, want two names", names)
	}
}

func TestARoleOfAnotherStackIsRefused(t *testing.T) {
	openable(t)
	stack := newStack(nil)
	role := awsiam.NewRole(besides(stack, "Roles"), new("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil)})
	got := panicOf(t, func() {
		sopsconstructs.NewSopsSyncProvider(stack, "Own", &sopsconstructs.SopsSyncProviderProps{Role: role})
	})
	if want := `constructs: SopsSyncProvider "S/Own": its Role "Roles/Role" is in another stack, and the two would depend on each other in a circle; make it in "S", or import it there by its ARN`; got != want {
		t.Errorf("got %s", got)
	}
}

// The function's own code may not touch networks: Lambda does that for it, with
// the same role.
func TestTheFunctionsCodeMakesNoNetworkInterfaces(t *testing.T) {
	openable(t)
	stack := withProvider(t, func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
		return sopsconstructs.SopsSyncProviderProps{Vpc: network(stack)}
	})
	d := deploy(t, stack, "eu-west-1", nil)
	service := iameval.Request{Action: "ec2:CreateNetworkInterface", Resource: "*"}
	code := iameval.Request{Action: "ec2:CreateNetworkInterface", Resource: "*",
		Context: iameval.Context{"lambda:SourceFunctionArn": {"arn:aws:lambda:eu-west-1:111122223333:function:f"}}}
	if !d.may(t, service) || d.may(t, code) {
		t.Errorf("the service may: %v; the code may: %v", d.may(t, service), d.may(t, code))
	}
}

// CloudFormation does not take another function for a custom resource that exists.
// So a provider of another id gets a custom resource of its own, and one under the
// default's id takes its place.
func TestAnotherProviderMakesAnotherCustomResource(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	ids := func(providerID string) (sync, function string) {
		stack := newStack(nil)
		props := fromX
		if providerID != "" {
			props.SyncProvider = sopsconstructs.NewSopsSyncProvider(stack, providerID, nil)
		}
		newSecret(stack, "Credentials", props)
		return only(t, stack, syncprotocol.ResourceType).ID, only(t, stack, "AWS::Lambda::Function").ID
	}
	defaultSync, defaultFunction := ids("")
	if sync, function := ids("SopsSyncProvider"); sync != defaultSync || function != defaultFunction {
		t.Errorf("under the default's id: got %s and %s, want %s and %s", sync, function, defaultSync, defaultFunction)
	}
	one, _ := ids("One")
	two, _ := ids("Two")
	if one == defaultSync || two == defaultSync || one == two {
		t.Errorf("got the custom resources %q, %q and %q, want three", defaultSync, one, two)
	}
}
