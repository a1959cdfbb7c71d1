package stacks

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// The regions of the system. Its secrets and one key are in the first; the other
// has the second key, so that a file can be opened when one region is down.
const (
	RegionEU = "eu-west-1"
	RegionUS = "us-east-1"
)

// Props are the settings of the whole system.
type Props struct {
	// Stage is the deployment to make. Default: Dev.
	Stage Stage
	// Account is the AWS account to deploy to, twelve digits. The stage's file may
	// then name that account's keys alone.
	// Default: the account of the credentials at deploy, and templates that do
	// not name any. The file may name keys of any one account.
	Account string
}

// System is the four stacks of a stage.
type System struct {
	Role           *RoleStack
	KmsKeyUs       *KmsKeyUsStack
	SecretsManager *SecretsManagerStack
	Pipeline       *PipelineStack
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// New makes the four stacks of a stage. It panics on a stage or account that is none.
func New(scope constructs.Construct, props *Props) *System {
	if props == nil {
		props = &Props{}
	}
	stage := props.Stage
	if stage == "" {
		stage = Dev
	}
	if err := stage.Validate(); err != nil {
		panic(err)
	}
	if props.Account != "" && !accountID.MatchString(props.Account) {
		panic(fmt.Errorf("stacks: account %q is not an AWS account; it has twelve digits", props.Account))
	}
	tags := map[string]*string{"Application": new("sops"), "Stage": new(string(stage))}
	in := func(region, name, description string) *awscdk.StackProps {
		env := &awscdk.Environment{Region: &region}
		if props.Account != "" {
			env.Account = &props.Account
		}
		return &awscdk.StackProps{Env: env, StackName: &name, Description: &description, Tags: &tags}
	}

	s := &System{}
	s.KmsKeyUs = newKmsKeyUsStack(scope, stage, in(RegionUS, stage.kmsKeyUsStack(),
		"The KMS key of sops in us-east-1."))
	s.Role = newRoleStack(scope, stage, in(RegionEU, stage.roleStack(),
		"The KMS key of sops in eu-west-1, and the role that sops uses both keys with."))
	s.SecretsManager = newSecretsManagerStack(scope, stage, props.Account, in(RegionEU, stage.secretsManagerStack(),
		"The secret that is filled from a SOPS file."))
	s.Pipeline = newPipelineStack(scope, s.SecretsManager.Credentials, in(RegionEU, stage.pipelineStack(),
		"A build that reads two keys of the secret."))
	// On the stacks, from where CloudFormation hands them on, and on the resources
	// themselves, where the templates show them.
	for _, stack := range []constructs.Construct{s.Role, s.KmsKeyUs, s.SecretsManager, s.Pipeline} {
		for name, value := range tags {
			awscdk.Tags_Of(stack).Add(&name, value, nil)
		}
	}
	return s
}
