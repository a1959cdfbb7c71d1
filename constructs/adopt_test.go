package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// An adopted secret is filled, read and referred to like one that was made here, and the
// stack makes none.
func TestAdopt(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	const live = "arn:aws:secretsmanager:eu-west-1:" + account + ":secret:live/credentials-AbCdEf"
	for name, withKey := range map[string]bool{"the account's key": false, "a key of its own": true} {
		t.Run(name, func(t *testing.T) {
			stack := at(awscdk.NewApp(nil), "S", account, ireland)
			props := sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "live/credentials", Adopt: true}
			// The sync returns the complete ARN, and here what it was told.
			on := target{region: ireland, secret: strings.TrimSuffix(live, "-AbCdEf")}
			var key awskms.Key
			if withKey {
				key = awskms.NewKey(stack, new("Key"), nil)
				props.EncryptionKey = key
			}
			s := newSecret(stack, "Credentials", props)
			role := newRole(stack)
			consume(stack, "Value", s.Secret().SecretArn())
			s.GrantRead(role).AssertSuccess()
			if found := resources(t, stack, "AWS::SecretsManager::Secret"); len(found) != 0 {
				t.Errorf("the stack makes %d secrets", len(found))
			}
			w := worldOf(t, []awscdk.Stack{stack})
			other := strings.Replace(live, "credentials", "credentials-2", 1)
			for _, secret := range []string{live, on.secret, other} {
				w.AddResource(secret, account, nil)
			}
			if withKey {
				on.key = w.text(t, stack, key.KeyArn())
			}
			w.checkGrant(t, w.text(t, stack, role.RoleArn()), on, false)
			sync := only(t, stack, "Custom::SopsSync")
			want := `{"SecretArn":{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},"` + strings.TrimSuffix(strings.TrimPrefix(live, "arn:aws"), "-AbCdEf") + `"]]}}`
			if got := text(sync.Properties["Target"]); got != want {
				t.Errorf("the function fills %s", got)
			}
			for _, r := range resources(t, stack, "AWS::IAM::Role") {
				if function := "arn:aws:iam::" + account + ":role/" + r.ID; strings.HasPrefix(r.ID, "SopsSyncProvider") {
					for action, want := range map[string]bool{"PutSecretValue": true, "UpdateSecretVersionStage": true, "DeleteSecret": false, "UpdateSecret": false} {
						if w.may(t, function, "secretsmanager:"+action, live) != want || w.may(t, function, "secretsmanager:"+action, other) {
							t.Errorf("the function, %s: want %v, on this secret alone", action, want)
						}
					}
				}
			}
			if got := text(only(t, stack, "Test::Of::Value").Properties["Value"]); got != `{"Fn::GetAtt":["`+sync.ID+`","Arn"]}` {
				t.Errorf("others refer to it by %s", got)
			}
		})
	}
}

func TestAdoptMisuse(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	const no = "with Adopt the stack does not own the secret, so Target, Description, RemovalPolicy, ReplicaRegions and UnsafePlaintextInTemplate have no effect; remove them"
	stack := newStack(nil)
	newSecret(stack, "First", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "taken", Adopt: true})
	for name, c := range map[string]struct {
		props sopsconstructs.SopsSecretProps
		want  string
	}{
		"NoName":      {sopsconstructs.SopsSecretProps{}, "no SecretName; Adopt needs the name of the secret that exists"},
		"Description": {sopsconstructs.SopsSecretProps{SecretName: "x", Description: "x"}, no},
		"Policy":      {sopsconstructs.SopsSecretProps{SecretName: "x", RemovalPolicy: awscdk.RemovalPolicy_RETAIN}, no},
		"Replicas":    {sopsconstructs.SopsSecretProps{SecretName: "x", ReplicaRegions: []*awssecretsmanager.ReplicaRegion{{Region: new("us-east-1")}}}, no},
		"Plaintext":   {sopsconstructs.SopsSecretProps{SecretName: "x", UnsafePlaintextInTemplate: true}, no},
		"Target":      {sopsconstructs.SopsSecretProps{SecretName: "x", Target: awssecretsmanager.Secret_FromSecretNameV2(stack, new("T"), new("x"))}, no},
		"Suffix":      {sopsconstructs.SopsSecretProps{SecretName: "app-AbCdEf"}, `the SecretName "app-AbCdEf" ends like an ARN`},
		"Taken":       {sopsconstructs.SopsSecretProps{SecretName: "taken"}, `is taken by "S/First" in the same account and region`},
	} {
		c.props.SopsFilePath, c.props.Adopt = "x.sops.json", true
		if got := panicOf(t, func() { newSecret(stack, name, c.props) }); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
