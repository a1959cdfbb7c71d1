package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// withPaths is the context in which the cdk command runs an app: templates have the
// paths of constructs and the files of nested stacks.
var withPaths = map[string]any{"aws:cdk:enable-path-metadata": true, "aws:cdk:enable-asset-metadata": true}

// may is a policy that allows an action on a resource.
func may(action, resource string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: &[]*string{&action}, Resources: &[]*string{&resource}})
}

// Whatever a secret is referred to by, synthesis finds what would write it.
func TestWritersAreFoundByEveryReference(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	type secret = awssecretsmanager.ISecret
	filled := func(stack awscdk.Stack) secret { return newSecret(stack, "Credentials", fromX).Secret() }
	underlying := func(attribute string) func(stack awscdk.Stack) secret {
		return func(stack awscdk.Stack) secret {
			resource := filled(stack).Node().DefaultChild().(awssecretsmanager.CfnSecret)
			arn := resource.Ref()
			if attribute != "" {
				arn = awscdk.Token_AsString(resource.GetAtt(&attribute, ""), nil)
			}
			return awssecretsmanager.Secret_FromSecretCompleteArn(stack, new("Again"), arn)
		}
	}
	named := func(stack awscdk.Stack) secret {
		props := fromX
		props.SecretName = "named"
		newSecret(stack, "Credentials", props)
		return awssecretsmanager.Secret_FromSecretNameV2(stack, new("Again"), new("named"))
	}
	target := func(make func(awscdk.Stack) secret) func(awscdk.Stack) secret {
		return func(stack awscdk.Stack) secret {
			e := make(stack)
			props := fromX
			props.Target = e
			newSecret(stack, "Credentials", props)
			return e
		}
	}
	made := func(stack awscdk.Stack) secret { return awssecretsmanager.NewSecret(stack, new("Existing"), nil) }
	byName := func(stack awscdk.Stack) secret {
		return awssecretsmanager.Secret_FromSecretNameV2(stack, new("Existing"), new("by-name"))
	}
	imported := func(stack awscdk.Stack) secret {
		sopsconstructs.ImportSopsSecret(stack, "Credentials", &sopsconstructs.ImportSopsSecretProps{SecretName: "by-name"})
		return byName(stack)
	}
	importedByARN := func(stack awscdk.Stack) secret {
		sopsconstructs.ImportSopsSecret(stack, "Credentials", &sopsconstructs.ImportSopsSecretProps{SecretCompleteArn: importedComplete})
		return existing(stack)
	}
	grant := func(stack awscdk.Stack, s secret) { s.GrantWrite(newRole(stack)) }
	grantBesides := func(stack awscdk.Stack, s secret) { s.GrantWrite(newRole(besides(stack, "Other"))) }
	grantNested := func(stack awscdk.Stack, s secret) {
		s.GrantWrite(newRole(awscdk.NewNestedStack(stack, new("Nested"), nil)))
	}
	rotate := func(stack awscdk.Stack, s secret) {
		s.AddRotationSchedule(new("R"), &awssecretsmanager.RotationScheduleOptions{HostedRotation: awssecretsmanager.HostedRotation_MysqlSingleUser(nil)})
	}
	attach := func(stack awscdk.Stack, s secret) {
		s.Attach(awsrds.NewDatabaseInstance(stack, new("Database"), &awsrds.DatabaseInstanceProps{
			Engine: awsrds.DatabaseInstanceEngine_POSTGRES(), Vpc: awsec2.NewVpc(stack, new("Vpc"), nil),
		}))
	}
	allow := func(action string) func(awscdk.Stack, secret) {
		return func(stack awscdk.Stack, s secret) { newRole(stack).AddToPolicy(may(action, *s.SecretArn())) }
	}
	document := func(s secret) awsiam.PolicyDocument {
		return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{may("secretsmanager:PutSecretValue", *s.SecretArn())}})
	}
	inline := func(stack awscdk.Stack, s secret) {
		awsiam.NewRole(stack, new("Inline"), &awsiam.RoleProps{
			AssumedBy: awsiam.NewAccountRootPrincipal(), InlinePolicies: &map[string]awsiam.PolicyDocument{"p": document(s)},
		})
	}
	group := func(stack awscdk.Stack, s secret) {
		awsiam.NewCfnGroup(stack, new("Inline"), &awsiam.CfnGroupProps{Policies: &[]any{
			&awsiam.CfnGroup_PolicyProperty{PolicyName: new("p"), PolicyDocument: document(s)},
		}})
	}
	user := func(stack awscdk.Stack, s secret) {
		awsiam.NewCfnUser(stack, new("Inline"), &awsiam.CfnUserProps{Policies: &[]any{
			&awsiam.CfnUser_PolicyProperty{PolicyName: new("p"), PolicyDocument: document(s)},
		}})
	}
	managed := func(stack awscdk.Stack, s secret) {
		awsiam.NewManagedPolicy(stack, new("Inline"), &awsiam.ManagedPolicyProps{Document: document(s)})
	}
	resourcePolicy := func(stack awscdk.Stack, s secret) {
		statement := may("secretsmanager:Put*", "*")
		statement.AddAccountRootPrincipal()
		s.AddToResourcePolicy(statement)
	}
	byBareName := func(stack awscdk.Stack, s secret) {
		awssecretsmanager.NewCfnRotationSchedule(stack, new("R"), &awssecretsmanager.CfnRotationScheduleProps{SecretId: s.SecretName()})
	}
	for _, c := range []struct {
		name   string
		secret func(awscdk.Stack) secret
		ask    func(awscdk.Stack, secret)
		want   string // "" is allowed
	}{
		{"sync, all actions", filled, allow("secretsmanager:*"), ""},
		{"sync, put, other case", filled, allow("SecretsManager:put*"), "may write"},
		{"sync, everything", filled, allow("*"), ""},
		{"sync, rotate", filled, allow("secretsmanager:RotateSecret"), `may write the secret of "S/Credentials": its value comes from a file in git, and`},
		{"sync, stage", filled, allow("secretsmanager:UpdateSecretVersionStage"), "may write"},
		{"sync, read", filled, allow("secretsmanager:Get*"), ""},
		{"administrator", filled, func(stack awscdk.Stack, s secret) { newRole(stack).AddToPolicy(may("*", "*")) }, ""},
		{"role", filled, inline, "may write"},
		{"user", filled, user, "may write"},
		{"group", filled, group, "may write"},
		{"managed policy", filled, managed, "may write"},
		{"resource policy", filled, resourcePolicy, "lets others write"},
		{"underlying", underlying(""), grant, "may write"},
		{"underlying id", underlying("Id"), rotate, "rotates"},
		{"by name", named, grant, "may write"},
		{"bare name", named, byBareName, "rotates"},
		{"target", target(made), grant, "may write"},
		{"target, other stack", target(made), grantBesides, "may write"},
		{"target, nested stack", target(made), grantNested, "may write"},
		{"target, rotation", target(made), rotate, "rotates"},
		{"target, attachment", target(made), attach, "attaches a target to"},
		{"target, resource policy", target(made), resourcePolicy, "lets others write"},
		{"target by ARN", target(existing), grant, "may write"},
		{"target by ARN, other stack", target(existing), grantBesides, "may write"},
		{"target by name", target(byName), grant, "may write"},
		{"target by name, rotation", target(byName), rotate, "rotates"},
		{"import", imported, grant, `may write the secret of "S/Credentials": `},
		{"import, rotation", imported, rotate, "rotates"},
		{"import, attachment", imported, attach, "attaches a target to"},
		{"import by ARN", importedByARN, grant, "may write"},
		{"import by ARN, rotation", importedByARN, rotate, "rotates"},
		{"import, neighbour", imported, func(stack awscdk.Stack, _ secret) {
			awssecretsmanager.Secret_FromSecretNameV2(stack, new("N"), new("by-name-2")).GrantWrite(newRole(stack))
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			stack := newStack(withPaths)
			c.ask(stack, c.secret(stack))
			if got := synthesis(t, stack); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// synthesis is what the check of the stack's app finds, a line each.
func synthesis(t *testing.T, stack awscdk.Stack) string {
	t.Helper()
	app := stack.Node().Root().(awscdk.App)
	app.Synth(nil)
	return strings.Join(findings(t, app), "\n")
}

// Two stacks with the same logical ids are not taken for each other.
func TestWritersOfOtherStacksAreLeftAlone(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for name, c := range map[string]struct {
		ask  func(one, two, three awscdk.Stack, target, other awssecretsmanager.ISecret)
		want string
	}{
		"in the other stack": {ask: func(_, two, _ awscdk.Stack, _, other awssecretsmanager.ISecret) { other.GrantWrite(newRole(two)) }},
		"from a third stack": {ask: func(_, _, three awscdk.Stack, _, other awssecretsmanager.ISecret) { other.GrantWrite(newRole(three)) }},
		"the secret":         {func(_, _, three awscdk.Stack, target, _ awssecretsmanager.ISecret) { target.GrantWrite(newRole(three)) }, `Third/`},
	} {
		t.Run(name, func(t *testing.T) {
			one := newStack(withPaths)
			two, three := besides(one, "Second"), besides(one, "Third")
			target := awssecretsmanager.NewSecret(one, new("Existing"), nil)
			other := awssecretsmanager.NewSecret(two, new("Existing"), nil)
			props := fromX
			props.Target = target
			newSecret(one, "Credentials", props)
			c.ask(one, two, three, target, other)
			if got := synthesis(t, one); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// A writer in another region refers to the secret by what the CDK carries there.
func TestWritersOfOtherRegionsAreFound(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	app := awscdk.NewApp(&awscdk.AppProps{Context: &withPaths})
	in := func(id, region string) awscdk.Stack {
		return awscdk.NewStack(app, &id, &awscdk.StackProps{
			CrossRegionReferences: new(true), Env: &awscdk.Environment{Account: new(account), Region: &region},
		})
	}
	home, away := in("S-x", ireland), in("Away", virginia)
	props := fromX
	props.Target = awssecretsmanager.NewSecret(home, new("Existing"), nil)
	newSecret(home, "Credentials", props)
	props.Target.GrantWrite(newRole(away))
	if got, want := synthesis(t, home), `Away/Reader/DefaultPolicy/Resource: may write the secret of "S-x/Credentials"`; !strings.Contains(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A right to decrypt counts where it is one on the secret's key.
func TestGrantsOnOtherKeysDoNotCount(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	own := func(stack awscdk.Stack) awskms.IKey { return awskms.Key_FromKeyArn(stack, new("Key"), new(keyEU)) }
	made := func(stack awscdk.Stack) awskms.IKey { return awskms.NewKey(stack, new("Key"), nil) }
	filled := func(stack awscdk.Stack, key awskms.IKey) awssecretsmanager.ISecret {
		props := fromX
		props.EncryptionKey = key
		return newSecret(stack, "Credentials", props).Secret()
	}
	imported := func(stack awscdk.Stack, key awskms.IKey) awssecretsmanager.ISecret {
		return sopsconstructs.ImportSopsSecret(stack, "Credentials", &sopsconstructs.ImportSopsSecretProps{SecretCompleteArn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:theirs-AbCdEf", EncryptionKey: key}).Secret()
	}
	for name, c := range map[string]struct {
		key     func(awscdk.Stack) awskms.IKey
		secret  func(awscdk.Stack, awskms.IKey) awssecretsmanager.ISecret
		decrypt func(key awskms.IKey) string
		stack   string
		warned  bool
	}{
		"nothing":                  {own, filled, nil, "", true},
		"another key":              {own, filled, func(awskms.IKey) string { return keyUS }, "", true},
		"the key":                  {own, filled, func(awskms.IKey) string { return keyEU }, "", false},
		"any":                      {own, filled, func(awskms.IKey) string { return "*" }, "", false},
		"any of a region":          {own, filled, func(awskms.IKey) string { return "arn:aws:kms:eu-west-1:111122223333:key/*" }, "", false},
		"of this app":              {made, filled, func(key awskms.IKey) string { return *key.KeyArn() }, "", false},
		"of this app, other one":   {made, filled, func(awskms.IKey) string { return keyUS }, "", true},
		"of another stack":         {made, filled, func(key awskms.IKey) string { return *key.KeyArn() }, "Other", false},
		"import, nothing":          {own, imported, nil, "", true},
		"import, the key":          {own, imported, func(awskms.IKey) string { return keyEU }, "", false},
		"import, the key's policy": {made, imported, func(awskms.IKey) string { return "" }, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(withPaths)
			key := c.key(stack)
			secret := c.secret(stack, key)
			in := stack
			if c.stack != "" {
				in = besides(stack, c.stack)
			}
			task := awsecs.NewFargateTaskDefinition(in, new("Task"), nil)
			task.AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
				Image:   awsecs.ContainerImage_FromRegistry(new("example"), nil),
				Secrets: &map[string]awsecs.Secret{"API_KEY": awsecs.Secret_FromSecretsManager(secret, new("my_api_key"))},
			})
			switch {
			case c.decrypt == nil:
			case c.decrypt(key) == "":
				statement := may("kms:Decrypt", "*")
				statement.AddPrincipals(task.ExecutionRole().GrantPrincipal())
				key.AddToResourcePolicy(statement, nil)
			default:
				task.AddToExecutionRolePolicy(may("kms:Decrypt", c.decrypt(key)))
			}
			if found := synthesis(t, stack); (strings.Count(found, "reader-without-decrypt") == 1) != c.warned {
				t.Errorf("got %q", found)
			}
		})
	}
}
