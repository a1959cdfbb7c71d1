package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// Each way by which the CDK's interface of a secret refers to it goes through the
// sync. (Its grants, its policies and what it refuses have tests of their own.)
func TestTheCDKsInterfaceGoesThroughTheSync(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	key := awskms.NewKey(stack, new("Key"), nil)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: key, SecretName: "a_name"})
	secret := s.Secret()
	sync := only(t, stack, "Custom::SopsSync").ID
	for id, value := range map[string]any{
		"Arn": secret.SecretArn(), "FullArn": secret.SecretFullArn(), "Name": secret.SecretName(), "Ref": secret.SecretRef().SecretId,
		"Value": secret.SecretValue(), "FromJson": secret.SecretValueFromJson(new("my_api_key")),
		"Dynamic": secret.CfnDynamicReferenceKey(&awscdk.SecretsManagerSecretOptions{JsonField: new("my_api_key")}), "Dynamic2": secret.CfnDynamicReferenceKey(nil),
	} {
		consume(stack, id, value)
		if got := text(stack.Resolve(value)); !strings.Contains(got, `"Fn::GetAtt":["`+sync+`","`) {
			t.Errorf("%s: got %s", id, got)
		}
	}
	if got, want := text(stack.Resolve(secret.EncryptionKey().KeyArn())), text(stack.Resolve(key.KeyArn())); got != want {
		t.Errorf("key: got %s, want %s", got, want)
	}
	env := secret.Env()
	if *env.Region != ireland || secret.Node() == nil || *secret.Stack().StackName() != "S" {
		t.Errorf("the secret is in %s, %s", *env.Region, *secret.Stack().StackName())
	}
}
