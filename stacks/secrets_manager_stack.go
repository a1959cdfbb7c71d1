package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// SecretsManagerStack is the secret that is filled from the stage's SOPS file.
type SecretsManagerStack struct {
	awscdk.Stack
	Credentials *sopsconstructs.SopsSecret
}

// Location is the stack's region.
func (*SecretsManagerStack) Location() string { return RegionEU }

func newSecretsManagerStack(scope constructs.Construct, stage Stage, account string, props *awscdk.StackProps) *SecretsManagerStack {
	s := &SecretsManagerStack{}
	awscdk.NewStack_Override(s, scope, props.StackName, props)
	s.Credentials = sopsconstructs.NewSopsSecret(s, "SopsCredentials", &sopsconstructs.SopsSecretProps{
		SecretName:    stage.secretName(),
		SopsFile:      &sopsconstructs.SopsFile{Path: stage.sopsFile(), AllowedKeys: stage.allowedKeys(account)},
		RemovalPolicy: stage.removal(),
	})
	return s
}
