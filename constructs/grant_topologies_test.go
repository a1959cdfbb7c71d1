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

const (
	keyOfSecret  = "arn:aws:kms:eu-west-1:111122223333:key/2222bbbb-0000-4000-8000-000000000001"
	keyOfReplica = "arn:aws:kms:us-east-1:111122223333:key/2222bbbb-0000-4000-8000-000000000002"
)

// newRole is a role "Reader" of stack.
func newRole(stack awscdk.Stack) awsiam.Role {
	return awsiam.NewRole(stack, new("Reader"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(new("ec2.amazonaws.com"), nil)})
}

// For each place of key, secret and role, the role can read and decrypt, and
// nobody else can.
func TestGrantReadInEveryTopology(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	type place struct {
		name     string
		key      string // "" for none, "beside" the secret, in a stack "elsewhere", "imported"
		env      bool   // account and region are known at synth
		together bool   // the role is in the secret's stack
		account  string // the role's
		region   string // the role's
		replicas map[string]string
		reads    string // the region in which it reads
		anyKey   bool   // its own policy names all keys of the account
	}
	for _, c := range []place{
		{name: "one stack, no key", together: true, reads: ireland},
		{name: "one stack", key: "beside", together: true, reads: ireland},
		{name: "one stack, imported key", key: "imported", together: true, reads: ireland},
		{name: "key elsewhere", key: "elsewhere", together: true, reads: ireland},
		{name: "key with the secret, role elsewhere", key: "beside", reads: ireland},
		{name: "three stacks", key: "elsewhere", reads: ireland},
		{name: "three stacks, known at synth", key: "elsewhere", env: true, account: account, region: ireland, reads: ireland},
		{name: "two stacks, imported key", key: "imported", env: true, account: account, region: ireland, reads: ireland},
		{name: "another region, no replica, no key", env: true, account: account, region: virginia, reads: ireland},
		{name: "another region, no replica", key: "beside", env: true, account: account, region: virginia, reads: ireland, anyKey: true},
		{name: "another region, no replica, imported key", key: "imported", env: true, account: account, region: virginia, reads: ireland},
		{name: "a replica, no key", env: true, account: account, region: virginia, replicas: map[string]string{virginia: ""}, reads: virginia},
		{name: "a replica with a key", key: "beside", env: true, account: account, region: virginia, replicas: map[string]string{virginia: keyOfReplica}, reads: virginia},
		{name: "the primary, beside a replica", key: "beside", env: true, account: account, region: ireland, replicas: map[string]string{virginia: keyOfReplica}, reads: ireland},
		{name: "another account", key: "beside", env: true, account: otherAccount, region: ireland, reads: ireland, anyKey: true},
		{name: "another account, three stacks", key: "elsewhere", env: true, account: otherAccount, region: ireland, reads: ireland, anyKey: true},
		{name: "another account and region", key: "beside", env: true, account: otherAccount, region: virginia, reads: ireland, anyKey: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			in := func(id, account, region string) awscdk.Stack {
				if !c.env {
					return awscdk.NewStack(app, &id, nil)
				}
				return at(app, id, account, region)
			}
			stack := in("S", account, ireland)
			stacks := []awscdk.Stack{stack}
			props := sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "a_name"}
			switch c.key {
			case "beside":
				props.EncryptionKey = awskms.NewKey(stack, new("Key"), nil)
			case "elsewhere":
				stacks = []awscdk.Stack{in("K", account, ireland), stack}
				props.EncryptionKey = awskms.NewKey(stacks[0], new("Key"), nil)
			case "imported":
				props.EncryptionKey = awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))
			}
			for region, key := range c.replicas {
				replica := &awssecretsmanager.ReplicaRegion{Region: &region}
				if key != "" {
					replica.EncryptionKey = awskms.Key_FromKeyArn(stack, new("ReplicaKey"), &key)
				}
				props.ReplicaRegions = append(props.ReplicaRegions, replica)
			}
			secret := newSecret(stack, "Credentials", props)
			arn := secret.Secret().SecretArn()
			home := stack
			if !c.together {
				home = in("R", c.account, c.region)
				stacks = append(stacks, home)
			}
			role := newRole(home)
			secret.GrantRead(role).AssertSuccess()

			w := worldOf(t, stacks)
			on := target{secret: w.text(t, stack, arn), region: c.reads}
			switch {
			case c.reads == virginia:
				on.secret = strings.Replace(on.secret, ireland, virginia, 1)
				w.AddResource(on.secret, account, nil)
				if on.key = c.replicas[virginia]; on.key != "" {
					w.AddResource(on.key, account, keyPolicy(t))
				}
			case c.key == "imported":
				on.key = keyOfSecret
				w.AddResource(on.key, account, keyPolicy(t))
			case c.key != "":
				on.key = w.text(t, stacks[0], props.EncryptionKey.KeyArn())
			}
			w.checkGrant(t, w.text(t, home, role.RoleArn()), on, c.anyKey)
			if c.reads == virginia {
				primary := target{secret: w.text(t, stack, arn), region: ireland}
				if got := w.reads(t, w.text(t, home, role.RoleArn()), primary); got != "" {
					t.Errorf("of the primary the grantee can %q", got)
				}
			}
			checkOrder(t, stack, home, role)
		})
	}
}

// checkOrder checks that the grant is made after the sync: the role's policy refers
// to it, or its stack follows.
func checkOrder(t *testing.T, secrets, home awscdk.Stack, role awsiam.Role) {
	t.Helper()
	if home != secrets {
		for _, before := range *home.Dependencies() {
			if *before.StackName() == *secrets.StackName() {
				return
			}
		}
		t.Error("the role's stack does not follow the secret's")
		return
	}
	id := *home.GetLogicalId(role.Node().DefaultChild().(awscdk.CfnElement))
	sync := only(t, secrets, "Custom::SopsSync").ID
	for _, policy := range resources(t, home, "AWS::IAM::Policy") {
		if all := text(policy.Properties); strings.Contains(text(policy.Properties["Roles"]), id) && !strings.Contains(all, `"Fn::GetAtt":["`+sync) {
			t.Errorf("the policy does not wait for the sync: %s", all)
		}
	}
}

// A role of another account without a stack here gets into the policies of secret
// and key; so does a whole account, which then decides by its own policies.
func TestGrantReadToPrincipalsOfAnotherAccount(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	reader := "arn:aws:iam::" + otherAccount + ":role/reader"
	for name, principal := range map[string]awsiam.IPrincipal{
		"account": awsiam.NewAccountPrincipal(new(otherAccount)), "role": awsiam.NewArnPrincipal(new(reader)),
	} {
		t.Run(name, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			keys, stack := at(app, "K", account, ireland), at(app, "S", account, ireland)
			key := awskms.NewKey(keys, new("Key"), nil)
			secret := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: key})
			secret.GrantRead(principal)
			w := worldOf(t, []awscdk.Stack{keys, stack})
			on := target{w.text(t, stack, secret.Secret().SecretArn()), w.text(t, keys, key.KeyArn()), ireland}

			// Its account's administrators allow it everything, but the key without
			// Secrets Manager is the key's business.
			w.AddIdentity(reader, everything(t))
			if got := w.reads(t, reader, on); got != on.readsAll() {
				t.Errorf("the grantee can %q, want %q", got, on.readsAll())
			}
			helpless := "arn:aws:iam::" + otherAccount + ":role/helpless"
			colleague := "arn:aws:iam::" + otherAccount + ":role/colleague"
			third := "arn:aws:iam::" + thirdAccount + ":role/reader"
			stranger := "arn:aws:iam::" + account + ":role/stranger"
			w.AddIdentity(helpless)
			w.AddIdentity(stranger)
			w.AddIdentity(colleague, everything(t))
			w.AddIdentity(third, everything(t))
			for _, other := range []string{helpless, third, stranger} {
				if got := w.reads(t, other, on); got != "" {
					t.Errorf("%s can %q", other, got)
				}
			}
			if got := w.reads(t, colleague, on); (got != "") != (name == "account") {
				t.Errorf("another role of the account can %q", got)
			}
		})
	}
}

// With version stages, a call must name one of them.
func TestGrantReadOfVersionStages(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for name, place := range map[string][2]string{"one account": {account, ireland}, "another region": {account, virginia}, "another account": {otherAccount, ireland}} {
		t.Run(name, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			stack, home := at(app, "S", account, ireland), at(app, "R", place[0], place[1])
			key := awskms.NewKey(stack, new("Key"), nil)
			secret := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: key, SecretName: "a_name"})
			role := newRole(home)
			secret.GrantRead(role, "AWSCURRENT", "AWSPREVIOUS")
			w := worldOf(t, []awscdk.Stack{stack, home})
			grantee, on := w.text(t, home, role.RoleArn()), w.text(t, stack, secret.Secret().SecretArn())
			for stage, want := range map[string]bool{"AWSCURRENT": true, "AWSPREVIOUS": true, "AWSPENDING": false, "": false} {
				var context []string
				if stage != "" {
					context = []string{"secretsmanager:VersionStage", stage}
				}
				if got := w.may(t, grantee, "secretsmanager:GetSecretValue", on, context...); got != want {
					t.Errorf("stage %q: got %v", stage, got)
				}
			}
		})
	}
}
