package constructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
)

// gitOwned finds, before synthesis, the resources that would write a synced
// secret beside its file and were made without a call to the secret: rotation
// schedules and attachments that were given [SopsSecret.Secret].
type gitOwned struct {
	root constructs.IConstruct
	// syncs are the logical ids of the custom resources, by stack and secret.
	syncs []func() (stack awscdk.Stack, logicalID, path string)
}

// Validate implements [constructs.IValidation].
func (g *gitOwned) Validate() *[]*string {
	messages := []*string{}
	for _, construct := range *g.root.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		var secretID any
		var what string
		switch resource := construct.(type) {
		case awssecretsmanager.CfnRotationSchedule:
			secretID, what = resource.SecretId(), "rotates"
		case awssecretsmanager.CfnSecretTargetAttachment:
			secretID, what = resource.SecretId(), "attaches a target to"
		default:
			continue
		}
		reference := fmt.Sprint(awscdk.Stack_Of(construct).Resolve(secretID))
		for _, sync := range g.syncs {
			_, logicalID, path := sync()
			if strings.Contains(reference, logicalID) {
				messages = append(messages, new(fmt.Sprintf("constructs: %q %s the secret of %q: %srotate a generated secret beside it (NewRotatedSecret)",
					*construct.Node().Path(), what, path, ownedByGit)))
			}
		}
	}
	return &messages
}

// refuseWriters makes synthesis fail for what would write the secret of s.
func (s *SopsSecret) refuseWriters() {
	state := stateOf(s)
	if state.owned == nil {
		root := s.Node().Root()
		state.owned = &gitOwned{root: root}
		root.Node().AddValidation(state.owned)
	}
	element := s.filled.sync.Node().DefaultChild().(awscdk.CfnElement)
	state.owned.syncs = append(state.owned.syncs, func() (awscdk.Stack, string, string) {
		stack := awscdk.Stack_Of(s)
		return stack, fmt.Sprint(stack.Resolve(element.LogicalId())), *s.Node().Path()
	})
}
