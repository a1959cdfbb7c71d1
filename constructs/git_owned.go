package constructs

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
)

// gitOwned finds, before synthesis, the resources that would write a synced
// secret beside its file and were made without a call to the secret: rotation
// schedules, attachments and grants to write that were made with
// [SopsSecret.Secret]. It warns of grants to read which other modules made that
// way, and which lack the right on the secret's key.
type gitOwned struct {
	root  constructs.IConstruct
	syncs []syncedSecret
}

const ownedByGit = "the value comes from a file in git, and the next sync would undo what is written beside it; "

func (r *readableSecret) refuseGrantWrite() awsiam.Grant {
	r.fail(errors.New(ownedByGit + "change the file instead, or give the writer a secret of its own (NewRotatedSecret)"))
	return nil
}

func (r *readableSecret) refuseAttach() awssecretsmanager.ISecret {
	r.fail(errors.New("Attach would write the target's connection fields into the secret; " + ownedByGit +
		"for a database's credentials pass RdsCredentials, else a generated secret (NewRotatedSecret)"))
	return nil
}

func (r *readableSecret) refuseRotation() awssecretsmanager.RotationSchedule {
	r.fail(errors.New(ownedByGit + "rotate a generated secret beside it (NewRotatedSecret)"))
	return nil
}

// syncedSecret is a secret with the resource by which others refer to it: the custom
// resource that fills it, or, where its value is in the template, itself.
type syncedSecret struct {
	secret *SopsSecret
	sync   awscdk.CfnElement
}

// refersTo tells whether text, a resolved property, refers to the secret, in its
// own stack or by an export.
func (s syncedSecret) refersTo(text string) bool {
	return strings.Contains(text, fmt.Sprint(awscdk.Stack_Of(s.secret).Resolve(s.sync.LogicalId())))
}

// Validate implements [constructs.IValidation].
func (g *gitOwned) Validate() *[]*string {
	messages := []*string{}
	refuse := func(construct constructs.IConstruct, what string, s syncedSecret) {
		messages = append(messages, new(fmt.Sprintf("constructs: %q %s the secret of %q: %srotate a generated secret beside it (NewRotatedSecret)",
			*construct.Node().Path(), what, *s.secret.Node().Path(), ownedByGit)))
	}
	for _, construct := range *g.root.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		var property any
		var what string
		switch resource := construct.(type) {
		case awssecretsmanager.CfnRotationSchedule:
			property, what = resource.SecretId(), "rotates"
		case awssecretsmanager.CfnSecretTargetAttachment:
			property, what = resource.SecretId(), "attaches a target to"
		case awsiam.CfnPolicy:
			property = resource.PolicyDocument()
		case awsiam.CfnManagedPolicy:
			property = resource.PolicyDocument()
		default:
			continue
		}
		resolved := awscdk.Stack_Of(construct).Resolve(property)
		for _, s := range g.syncs {
			switch {
			case !s.refersTo(fmt.Sprint(resolved)):
			case what != "":
				refuse(construct, what, s)
			case allows(resolved, "secretsmanager:PutSecretValue", s.refersTo):
				refuse(construct, "may write", s)
			case s.secret.readable.key != nil && allows(resolved, "secretsmanager:GetSecretValue", s.refersTo) &&
				!allows(resolved, "kms:Decrypt", func(string) bool { return true }):
				warn(s.secret, "decrypt:"+*construct.Node().Path(), fmt.Sprintf("%q may read the secret, but not decrypt it with its EncryptionKey; call GrantRead of this construct with the same grantee.", *construct.Node().Path()))
			}
		}
	}
	return &messages
}

// allows tells whether a policy has a statement that allows action on a resource
// that is looks for.
func allows(document any, action string, is func(resource string) bool) bool {
	encoded, err := json.Marshal(document)
	if err != nil {
		return false
	}
	var policy struct {
		Statement []struct {
			Effect           string
			Action, Resource any
		}
	}
	if json.Unmarshal(encoded, &policy) != nil {
		return false
	}
	for _, statement := range policy.Statement {
		actions, isList := statement.Action.([]any)
		if !isList {
			actions = []any{statement.Action}
		}
		if statement.Effect == "Allow" && slices.Contains(actions, any(action)) && is(fmt.Sprint(statement.Resource)) {
			return true
		}
	}
	return false
}

// refuseWriters makes synthesis fail for what would write the secret of s.
func (s *SopsSecret) refuseWriters(sync awscdk.CfnElement) {
	state := stateOf(s)
	if state.owned == nil {
		root := s.Node().Root()
		state.owned = &gitOwned{root: root}
		root.Node().AddValidation(state.owned)
	}
	state.owned.syncs = append(state.owned.syncs, syncedSecret{s, sync})
}
