package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// Whatever can be granted something can be granted the secret, with its key in
// another stack.
func TestGrantReadToAnyGrantee(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	const imported = "arn:aws:iam::" + account + ":role/imported"
	for name, make := range map[string]func(awscdk.Stack, *sopsconstructs.SopsSecret) (awsiam.IGrantable, string){
		"user": func(stack awscdk.Stack, _ *sopsconstructs.SopsSecret) (awsiam.IGrantable, string) {
			user := awsiam.NewUser(stack, new("Reader"), nil)
			return user, *user.UserArn()
		},
		"group": func(stack awscdk.Stack, _ *sopsconstructs.SopsSecret) (awsiam.IGrantable, string) {
			group := awsiam.NewGroup(stack, new("Reader"), nil)
			return group, *group.GroupArn()
		},
		"imported role": func(stack awscdk.Stack, _ *sopsconstructs.SopsSecret) (awsiam.IGrantable, string) {
			return awsiam.Role_FromRoleArn(stack, new("Reader"), new(imported), nil), imported
		},
		"function": func(stack awscdk.Stack, _ *sopsconstructs.SopsSecret) (awsiam.IGrantable, string) {
			function := awslambda.NewFunction(stack, new("Reader"), &awslambda.FunctionProps{
				Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: new("index.handler"), Code: awslambda.Code_FromInline(new("pass")),
			})
			return function, *function.Role().RoleArn()
		},
		"project": func(stack awscdk.Stack, _ *sopsconstructs.SopsSecret) (awsiam.IGrantable, string) {
			project := awscodebuild.NewProject(stack, new("Reader"), &awscodebuild.ProjectProps{
				BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{"version": "0.2"}),
			})
			return project, *project.Role().RoleArn()
		},
		"execution role": func(stack awscdk.Stack, secret *sopsconstructs.SopsSecret) (awsiam.IGrantable, string) {
			task := awsecs.NewFargateTaskDefinition(stack, new("Task"), nil)
			task.AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
				Image:   awsecs.ContainerImage_FromRegistry(new("example"), nil),
				Secrets: &map[string]awsecs.Secret{"API_KEY": secret.Key("my_api_key").EcsSecret()},
			})
			return nil, *task.ExecutionRole().RoleArn() // the container was granted it
		},
		"service": func(awscdk.Stack, *sopsconstructs.SopsSecret) (awsiam.IGrantable, string) {
			return awsiam.NewServicePrincipal(new("ec2.amazonaws.com"), nil), "ec2.amazonaws.com"
		},
		"ARN": func(awscdk.Stack, *sopsconstructs.SopsSecret) (awsiam.IGrantable, string) {
			return awsiam.NewArnPrincipal(new(imported)), imported
		},
	} {
		t.Run(name, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			keys, stack := at(app, "K", account, ireland), at(app, "S", account, ireland)
			key := awskms.NewKey(keys, new("Key"), nil)
			secret := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: key})
			grantee, arn := make(stack, secret)
			if grantee != nil {
				secret.GrantRead(grantee).AssertSuccess()
			}
			w := worldOf(t, []awscdk.Stack{keys, stack}, imported)
			if strings.Contains(arn, "${Token") {
				arn = w.text(t, stack, &arn)
			}
			if name == "group" { // who is in it has its policies
				documents, err := w.stacks[stack].Identity(arn)
				if err != nil {
					t.Fatal(err)
				}
				arn = "arn:aws:iam::" + account + ":user/member"
				w.AddIdentity(arn, documents...)
			}
			on := target{w.text(t, stack, secret.Secret().SecretArn()), w.text(t, keys, key.KeyArn()), ireland}
			if name == "service" || name == "ARN" { // by the policies of secret and key, which know no other
				if got := w.reads(t, arn, on); got != on.readsAll() {
					t.Errorf("the grantee can %q, want %q", got, on.readsAll())
				}
				stranger := "arn:aws:iam::" + account + ":role/stranger"
				w.AddIdentity(stranger)
				if got := w.reads(t, stranger, on) + w.reads(t, "lambda.amazonaws.com", on); got != "" {
					t.Errorf("a stranger can %q", got)
				}
				return
			}
			w.checkGrant(t, arn, on, false)
		})
	}
}

// A grant that could not work fails, and says what to do.
func TestGrantsThatCannotWork(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	imported := func(stack awscdk.Stack) awskms.IKey {
		return awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))
	}
	const prefix = `constructs: SopsSecret "S/Credentials": `
	for _, c := range []struct {
		name  string
		props sopsconstructs.SopsSecretProps
		key   bool
		to    func(app awscdk.App) awsiam.IGrantable
		want  []string
	}{
		{"another account, no key", sopsconstructs.SopsSecretProps{}, false,
			func(awscdk.App) awsiam.IGrantable { return awsiam.NewAccountPrincipal(new(otherAccount)) },
			[]string{prefix + `"arn:${AWS::Partition}:iam::444455556666:root" is in another account, 444455556666, and a secret that is encrypted with the account's own key cannot be read from there; pass an EncryptionKey`}},
		{"another account's stack, no key", sopsconstructs.SopsSecretProps{SecretName: "a_name"}, false,
			func(app awscdk.App) awsiam.IGrantable { return newRole(at(app, "R", otherAccount, ireland)) },
			[]string{prefix + `"R/Reader" is in another account, 444455556666, `, "pass an EncryptionKey"}},
		{"another account, imported key", sopsconstructs.SopsSecretProps{}, true,
			func(awscdk.App) awsiam.IGrantable { return awsiam.NewAccountPrincipal(new(otherAccount)) },
			[]string{prefix + "the policy of the key " + keyOfSecret + " is not in this app", "set EncryptionKeyPolicyElsewhere:\n{",
				`"Action": "kms:Decrypt"`, `and "arn:aws:iam::444455556666:root" cannot`, `"AWS": "arn:aws:iam::444455556666:root"`, `"StringEquals": {
      "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"`}},
		{"a principal without policies, imported key", sopsconstructs.SopsSecretProps{}, true,
			func(awscdk.App) awsiam.IGrantable {
				return awsiam.NewArnPrincipal(new("arn:aws:iam::111122223333:role/reader"))
			},
			[]string{prefix + "the policy of the key", `"arn:aws:iam::111122223333:role/reader" cannot decrypt without this statement`, `"AWS": "arn:aws:iam::111122223333:role/reader"`}},
		{"another account, no name", sopsconstructs.SopsSecretProps{}, true,
			func(app awscdk.App) awsiam.IGrantable { return newRole(at(app, "R", otherAccount, ireland)) },
			[]string{prefix + `GrantRead to "R/Reader" in stack "R": the secret has no SecretName, so that no other account or region can name it; give it one`}},
		{"another region, no name", sopsconstructs.SopsSecretProps{}, false,
			func(app awscdk.App) awsiam.IGrantable { return newRole(at(app, "R", account, virginia)) },
			[]string{prefix + `GrantRead to "R/Reader" in stack "R": the secret has no SecretName`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			stack := at(app, "S", account, ireland)
			c.props.SopsFilePath = "x.sops.json"
			if c.key {
				c.props.EncryptionKey = imported(stack)
			}
			secret := newSecret(stack, "Credentials", c.props)
			got := panicOf(t, func() { secret.GrantRead(c.to(app)) })
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("got\n%s\nwant in it\n%s", got, want)
				}
			}
		})
	}
}

// What a message prints for another owner's policy says, below it, which constructs the
// logical ids in it are: Fn::GetAtt and its like mean nothing elsewhere.
func TestStatementsNameConstructs(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	reader := newRole(stack)
	const theirs = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:theirs-AbCdEf"
	target := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{
		SopsFilePath: "x.sops.json", Target: awssecretsmanager.Secret_FromSecretCompleteArn(stack, new("Target"), new(theirs)),
	})
	got := text(stack.Resolve(reader.RoleArn()))
	id, _, _ := strings.Cut(strings.TrimPrefix(got, `{"Fn::GetAtt":["`), `"`)
	for _, c := range []struct {
		principal awsiam.IPrincipal
		want      string
	}{
		{awsiam.NewArnPrincipal(reader.RoleArn()), "}\nwhere ${" + id + `.Arn} is the Arn of "S/Reader", which the deploy of its stack knows`},
		{awsiam.NewArnPrincipal(new("arn:aws:iam::444455556666:role/r")), "}"},
		{awsiam.NewAccountPrincipal(stack.Account()), "}"},
	} {
		got = panicOf(t, func() {
			target.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions: jsii.Strings("secretsmanager:GetSecretValue"), Resources: jsii.Strings("*"), Principals: &[]awsiam.IPrincipal{c.principal},
			}))
		})
		if !strings.Contains(got, "add this statement to it where it is:\n{") || !strings.HasSuffix(got, c.want) || strings.Contains(got, "Token[") || strings.Contains(got, "Fn::GetAtt") {
			t.Errorf("got\n%s\nwant at its end\n%s", got, c.want)
		}
	}
}

// With EncryptionKeyPolicyElsewhere the key's policy is the owner's business: with
// the statement that the error prints, the grant works.
func TestEncryptionKeyPolicyElsewhere(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	app := awscdk.NewApp(nil)
	stack, home := at(app, "S", account, ireland), at(app, "R", otherAccount, ireland)
	secret := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{
		SopsFilePath: "x.sops.json", SecretName: "a_name", EncryptionKeyPolicyElsewhere: true,
		EncryptionKey: awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret)),
	})
	role := newRole(home)
	secret.GrantRead(role)
	statement := map[string]any{
		"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Principal": map[string]any{"AWS": "arn:aws:iam::" + otherAccount + ":root"},
		"Condition": map[string]any{"StringEquals": map[string]any{"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}},
	}
	for _, elsewhere := range []bool{false, true} {
		w := worldOf(t, []awscdk.Stack{stack, home})
		policy, want := keyPolicy(t), "GetSecretValue DescribeSecret"
		if elsewhere {
			policy, want = keyPolicy(t, statement), "GetSecretValue DescribeSecret Decrypt"
		}
		w.AddResource(keyOfSecret, account, policy)
		if got := w.reads(t, w.text(t, home, role.RoleArn()), target{w.text(t, stack, secret.Secret().SecretArn()), keyOfSecret, ireland}); got != want {
			t.Errorf("with the statement: %v; got %q, want %q", elsewhere, got, want)
		}
	}
}
