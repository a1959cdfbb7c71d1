package sopsconstructs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
)

// However stacks refer to each other, and wherever the key is, a policy of another stack
// that may write the secret, or read but not decrypt it, is found. That of GrantRead is
// not.
func TestPoliciesOfOtherStacksInEveryMode(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	unknown, known := &awscdk.Environment{}, &awscdk.Environment{Account: new(account), Region: new(ireland)}
	for _, mode := range []string{"strong", "both", "weak"} {
		for _, env := range []*awscdk.Environment{unknown, known} {
			for _, keyStack := range []string{"S", "K"} {
				for _, prefix := range []string{"", "Prod/"} {
					context := inMode(mode)
					app := awscdk.NewApp(&awscdk.AppProps{Context: &context, TreeMetadata: new(false)})
					stage := awscdk.Stage(app)
					if prefix != "" {
						stage = stageOf(app)
					}
					stacks := map[string]awscdk.Stack{}
					for _, id := range []string{"S", "K", "Other", "Granted"} {
						stacks[id] = awscdk.NewStack(stage, &id, &awscdk.StackProps{Env: env})
					}
					props := fromX
					props.EncryptionKey = awskms.NewKey(stacks[keyStack], new("Key"), nil)
					s := newSecret(stacks["S"], "Credentials", props)
					s.GrantRead(newRole(stacks["Granted"]))
					role := newRole(stacks["Other"])
					role.AddToPolicy(may("secretsmanager:GetSecretValue", *s.Secret().SecretArn()))
					role.AddToPolicy(may("secretsmanager:PutSecretValue", *s.Secret().SecretArn()))
					app.Synth(nil)
					got := findings(t, app)
					slices.Sort(got)
					const policy = "Other/Reader/DefaultPolicy/Resource: "
					if len(got) != 2 || !strings.HasPrefix(got[0], "warning reader-without-decrypt "+prefix+policy) || !strings.HasPrefix(got[1], "warning writer "+prefix+policy) {
						t.Errorf("mode %s, env %s, key in %s, path %q: got %q", mode, text(env), keyStack, prefix, got)
					}
				}
			}
		}
	}
}
