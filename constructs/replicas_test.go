package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// The function may use the secret's key through Secrets Manager alone, wherever
// the key is made, and the secret is encrypted with it.
func TestEncryptionKeyOfTheFunction(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, keyIs := range []string{"beside", "elsewhere", "imported"} {
		t.Run(keyIs, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			stack := at(app, "S", account, ireland)
			stacks := []awscdk.Stack{stack}
			props := fromX
			switch keyIs {
			case "beside":
				props.EncryptionKey = awskms.NewKey(stack, new("Key"), nil)
			case "elsewhere":
				stacks = []awscdk.Stack{at(app, "K", account, ireland), stack}
				props.EncryptionKey = awskms.NewKey(stacks[0], new("Key"), nil)
			case "imported":
				props.EncryptionKey = awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))
			}
			newSecret(stack, "Credentials", props)
			w := worldOf(t, stacks)
			key := keyOfSecret
			if keyIs == "imported" {
				w.AddResource(key, account, keyPolicy(t))
			} else {
				key = w.text(t, stacks[0], props.EncryptionKey.KeyArn())
			}
			if encrypted, err := w.stacks[stack].Text(only(t, stack, "AWS::SecretsManager::Secret").Properties["KmsKeyId"]); err != nil || encrypted != key {
				t.Errorf("the secret is encrypted with %s, %v", encrypted, err)
			}
			function := "arn:aws:iam::" + account + ":role/" + only(t, stack, "AWS::IAM::Role").ID
			for _, action := range []string{"kms:Decrypt", "kms:GenerateDataKey"} {
				if !w.may(t, function, action, key, "kms:ViaService", "secretsmanager.eu-west-1.amazonaws.com") {
					t.Errorf("the function has no %s", action)
				}
				if w.may(t, function, action, key) || w.may(t, function, action, key, "kms:ViaService", "ssm.eu-west-1.amazonaws.com") {
					t.Errorf("the function has %s without Secrets Manager", action)
				}
			}
		})
	}
}

func TestReplicaRegions(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := at(awscdk.NewApp(nil), "S", account, ireland)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{
		SopsFilePath: "x.sops.json", ReplicaRegions: []*awssecretsmanager.ReplicaRegion{{Region: new(virginia)}},
	})
	s.AddReplicaRegion("eu-central-1", awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfReplica)))
	got := text(only(t, stack, "AWS::SecretsManager::Secret").Properties["ReplicaRegions"])
	if want := `[{"Region":"us-east-1"},{"KmsKeyId":"` + keyOfReplica + `","Region":"eu-central-1"}]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := panicOf(t, func() { s.AddReplicaRegion(virginia, nil) }); got != `constructs: SopsSecret "S/Credentials": the replica region "us-east-1" is named twice` {
		t.Errorf("got %s", got)
	}
	if got := panicOf(t, func() { s.AddReplicaRegion(ireland, nil) }); !strings.Contains(got, `the replica region "eu-west-1" is the stack's own; name another`) {
		t.Errorf("got %s", got)
	}
}
