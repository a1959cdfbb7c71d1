package constructs

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
)

// gitOwned finds, before synthesis, the resources that would write a secret beside
// its file and were made without a call to the secret: rotation schedules,
// attachments and grants to write. It warns of grants to read which other modules
// made that way, and which lack the right on the secret's key.
type gitOwned struct {
	root    constructs.IConstruct
	secrets []ownedSecret
}

const ownedByGit = "the value comes from a file in git, and the next sync would undo what is written beside it; "

// elseWrite is the way out for what would write.
const elseWrite = "change the file instead, or give the writer a secret of its own (NewRotatedSecret)"

func (r *readableSecret) refuseGrantWrite() awsiam.Grant {
	r.fail(errors.New(ownedByGit + elseWrite))
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

// ownedSecret is a secret that a file in git fills, with the resources by which
// others refer to it.
type ownedSecret struct {
	*readableSecret
	resources []constructs.IConstruct
}

// refuseWriters makes synthesis fail for what would write the secret of s. sync is
// the custom resource that fills it, or the secret with its value in the template.
func (s *SopsSecret) refuseWriters(sync awscdk.CfnElement) { s.readable.refuseWriters(sync) }

// refuseWriters makes synthesis fail for what would write the secret, by any of its
// resources, or by its ARN.
func (r *readableSecret) refuseWriters(resources ...constructs.IConstruct) {
	state := stateOf(r.construct)
	if state.owned == nil {
		root := r.construct.Node().Root()
		state.owned = &gitOwned{root: root}
		root.Node().AddValidation(state.owned)
	}
	state.owned.secrets = append(state.owned.secrets, ownedSecret{r, resources})
}

// identity is by what the resources of any stack refer to the secret.
func (s ownedSecret) identity() identity {
	id := identity{}
	for _, resource := range s.resources {
		id.addResource(resource)
	}
	if s.name != "" {
		stack := awscdk.Stack_Of(s.construct)
		id.addARN(stack, arnOfName(stack, s.name))
	}
	for _, secret := range []awssecretsmanager.ISecret{s.secret, s.target} {
		if secret == nil {
			continue
		}
		of := identityOf(secret, secret.SecretArn())
		if secret.SecretFullArn() != nil {
			for _, arn := range of.arns {
				of.arns = append(of.arns, arn[:max(0, len(arn)-7)]) // without the hyphen and six characters that Secrets Manager adds
			}
		}
		id.resources, id.arns = append(id.resources, of.resources...), append(id.arns, of.arns...)
	}
	return id
}

// refuse says why what construct does to the secret is refused, and the way out.
func (s ownedSecret) refuse(construct constructs.IConstruct, what, wayOut string) *string {
	reason := ownedByGit + wayOut
	if s.imported {
		reason = "the value comes from a file in git where it is made, and the next sync there would undo what is written beside it; change that file, or use a generated secret (NewRotatedSecret)"
	}
	return new(fmt.Sprintf("constructs: %q %s the secret of %q: %s", *construct.Node().Path(), what, *s.construct.Node().Path(), reason))
}

// identity is a secret or a key as templates refer to it.
type identity struct {
	resources []namedResource
	// arns are known before the deploy, as [flat] gives them.
	arns []string
}

// namedResource is a resource of a stack by its text in that stack's template,
// and in others'.
type namedResource struct {
	stack        awscdk.Stack
	here, abroad *regexp.Regexp
}

// identityOf is that of a secret or key, made here or imported.
func identityOf(construct constructs.IConstruct, arn *string) identity {
	id := identity{}
	if resource, ok := construct.Node().DefaultChild().(awscdk.CfnElement); ok {
		id.addResource(resource)
	}
	id.addARN(awscdk.Stack_Of(construct), arn)
	return id
}

func (id *identity) addResource(resource constructs.IConstruct) {
	stack := awscdk.Stack_Of(resource)
	logicalID := regexp.QuoteMeta(fmt.Sprint(stack.Resolve(resource.(awscdk.CfnElement).LogicalId())))
	const attribute = "(SecretArn|SecretName|Id|Arn|KeyId)?"
	// The CDK's names of exports, of the parameters of nested stacks, and of what it
	// carries to other regions.
	name, _ := stack.Resolve(stack.StackName()).(string)
	reference := "(FnGetAtt|Ref)" + logicalID + attribute + "[0-9A-F]{8}"
	id.resources = append(id.resources, namedResource{
		stack: stack,
		here:  regexp.MustCompile(`^\$\{` + logicalID + `(\.\w+)?\}$`),
		abroad: regexp.MustCompile(`^\$\{(import ` + regexp.QuoteMeta(name) + `:ExportsOutput` + reference +
			`|referenceto` + *awscdk.Names_NodeUniqueId(resource.Node()) + `\w*` +
			`|ExportsReader\w*\./cdk/exports/[^/]+/` + notInNames.ReplaceAllString(name+resolved(stack.Region()), "") + reference + `)\}$`),
	})
}

// notInNames is what the CDK leaves out of the names that it makes.
var notInNames = regexp.MustCompile(`[^A-Za-z0-9]`)

func (id *identity) addARN(stack awscdk.Stack, arn *string) {
	switch text := flat(stack, stack.Resolve(arn)); {
	case strings.HasPrefix(text, "arn:"):
		id.arns = append(id.arns, text)
	default: // a parameter, or another stack's export
		id.resources = append(id.resources, namedResource{stack, regexp.MustCompile("^" + regexp.QuoteMeta(text) + "$"), regexp.MustCompile(`^\z.`)})
	}
}

// is tells whether text, from [flat], in stack is the secret or key, and no more
// than that.
func (id identity) is(stack awscdk.Stack, text string) bool {
	names := []string{text}
	for _, end := range []string{"-??????", "-*", "*"} {
		if name, found := strings.CutSuffix(text, end); found {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if slices.Contains(id.arns, name) || bareName.MatchString(name) && slices.Contains(id.arns, flat(stack, stack.Resolve(arnOfName(stack, name)))) {
			return true
		}
		for _, resource := range id.resources {
			if resource.stack == stack && resource.here.MatchString(name) || resource.stack != stack && resource.abroad.MatchString(name) {
				return true
			}
		}
	}
	return false
}

// bareName is a secret's name, which a rotation schedule takes for its ARN.
var bareName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]+$`)

// arnOfName is the ARN, without its last six characters, of the stack's secret of
// that name.
func arnOfName(stack awscdk.Stack, name string) *string {
	return stack.FormatArn(&awscdk.ArnComponents{
		Service: new("secretsmanager"), Resource: new("secret"), ResourceName: &name, ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
}

var partition = regexp.MustCompile(`^arn:(aws[a-z-]*|\$\{AWS::Partition\}):`)

// flat is a resolved value as one text, with "${Id}" and "${Id.Attribute}" for what
// is known at deploy alone, as Fn::Sub has them, and no partition.
func flat(stack awscdk.Stack, value any) string {
	return partition.ReplaceAllString(flatten(stack, value), "arn::")
}

func flatten(stack awscdk.Stack, value any) string {
	function, _ := value.(map[string]any)
	for name, argument := range function {
		arguments, _ := argument.([]any)
		switch {
		case name == "Ref" && argument == "AWS::Region" && resolved(stack.Region()) != "":
			return *stack.Region()
		case name == "Ref" && argument == "AWS::AccountId" && resolved(stack.Account()) != "":
			return *stack.Account()
		case name == "Ref", name == "Fn::GetAtt" && len(arguments) == 0:
			return fmt.Sprintf("${%v}", argument)
		case name == "Fn::GetAtt" && len(arguments) == 2:
			return fmt.Sprintf("${%v.%v}", arguments[0], arguments[1])
		case name == "Fn::ImportValue":
			return "${import " + flatten(stack, argument) + "}"
		case name == "Fn::Sub" && len(arguments) == 0:
			return fmt.Sprint(argument)
		case name == "Fn::Join" && len(arguments) == 2:
			var parts []string
			list, _ := arguments[1].([]any)
			for _, part := range list {
				parts = append(parts, flatten(stack, part))
			}
			return strings.Join(parts, fmt.Sprint(arguments[0]))
		}
	}
	return fmt.Sprint(value)
}

// statement is one of a policy, with what it has one of in a list too.
type statement struct {
	Sid, Effect                 string
	Action, Resource, Principal any
}

// allows tells whether the statement allows an action, in whatever case.
func (s statement) allows(action string) bool {
	return s.Effect == "Allow" && slices.ContainsFunc(list(s.Action), func(pattern any) bool {
		matches, _ := path.Match(strings.ToLower(fmt.Sprint(pattern)), strings.ToLower(action))
		return matches
	})
}

func (s statement) allowsWriting() bool {
	return slices.ContainsFunc([]string{"PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage", "RotateSecret"},
		func(action string) bool { return s.allows("secretsmanager:" + action) })
}

// names tells whether one of the statement's resources is one that is looks for.
func (s statement) names(stack awscdk.Stack, is func(awscdk.Stack, string) bool) bool {
	return slices.ContainsFunc(list(s.Resource), func(resource any) bool { return is(stack, flat(stack, resource)) })
}

func list(value any) []any {
	if many, ok := value.([]any); ok {
		return many
	}
	return []any{value}
}

// statements are those of a policy, or of the policies in a list.
func statements(stack awscdk.Stack, policies any) []statement {
	if policies == nil {
		return nil
	}
	encoded, err := json.Marshal(stack.Resolve(policies))
	if err != nil {
		return nil
	}
	type document struct{ Statement []statement }
	var one document
	var many []struct{ PolicyDocument document }
	if json.Unmarshal(encoded, &many) != nil {
		if json.Unmarshal(encoded, &one) != nil {
			return nil
		}
		return one.Statement
	}
	var all []statement
	for _, policy := range many {
		all = append(all, policy.PolicyDocument.Statement...)
	}
	return all
}

// Validate implements [constructs.IValidation].
func (g *gitOwned) Validate() *[]*string {
	type known struct {
		ownedSecret
		id identity
	}
	var secrets []known
	syncs := map[string]bool{} // the statements of the functions that fill the secrets
	for _, s := range g.secrets {
		secrets = append(secrets, known{s, s.identity()})
		syncs[statementID("SopsSecret", *s.construct.Node().Path())] = !s.imported
	}
	messages := []*string{}
	for _, construct := range *g.root.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		var secretID, resourcePolicy, policies any
		var what string
		switch resource := construct.(type) {
		case awssecretsmanager.CfnRotationSchedule:
			secretID, what = resource.SecretId(), "rotates"
		case awssecretsmanager.CfnSecretTargetAttachment:
			secretID, what = resource.SecretId(), "attaches a target to"
		case awssecretsmanager.CfnResourcePolicy:
			secretID, resourcePolicy = resource.SecretId(), resource.ResourcePolicy()
		case awsiam.CfnPolicy:
			policies = resource.PolicyDocument()
		case awsiam.CfnManagedPolicy:
			policies = resource.PolicyDocument()
		case awsiam.CfnRole:
			policies = resource.Policies()
		case awsiam.CfnUser:
			policies = resource.Policies()
		case awsiam.CfnGroup:
			policies = resource.Policies()
		default:
			continue
		}
		stack := awscdk.Stack_Of(construct)
		if secretID != nil {
			id := flat(stack, stack.Resolve(secretID))
			for _, s := range secrets {
				switch {
				case !s.id.is(stack, id):
				case what != "":
					messages = append(messages, s.refuse(construct, what, "rotate a generated secret beside it (NewRotatedSecret)"))
				case slices.ContainsFunc(statements(stack, resourcePolicy), statement.allowsWriting):
					messages = append(messages, s.refuse(construct, "lets others write", elseWrite))
				}
			}
			continue
		}
		all := statements(stack, policies)
		for _, s := range secrets {
			about := slices.DeleteFunc(slices.Clone(all), func(of statement) bool { return syncs[of.Sid] || !of.names(stack, s.id.is) })
			switch {
			case slices.ContainsFunc(about, statement.allowsWriting):
				messages = append(messages, s.refuse(construct, "may write", elseWrite))
			case s.key != nil && slices.ContainsFunc(about, func(of statement) bool { return of.allows("secretsmanager:GetSecretValue") }) &&
				!mayDecrypt(construct, all, s.key):
				warn(s.construct, "decrypt:"+*construct.Node().Path(), fmt.Sprintf("%q may read the secret, but not decrypt it with its EncryptionKey; call GrantRead of this construct with the same grantee.", *construct.Node().Path()))
			}
		}
	}
	return &messages
}

// mayDecrypt tells whether what has these statements may decrypt with key, by them
// or by the key's own policy.
func mayDecrypt(holder constructs.IConstruct, own []statement, key awskms.IKey) bool {
	stack, id := awscdk.Stack_Of(holder), identityOf(key, key.KeyArn())
	isKey := func(stack awscdk.Stack, resource string) bool {
		return resource == "*" || strings.HasSuffix(resource, "key/*") || id.is(stack, resource)
	}
	if slices.ContainsFunc(own, func(of statement) bool { return of.allows("kms:Decrypt") && of.names(stack, isKey) }) {
		return true
	}
	resource, ok := key.Node().DefaultChild().(awskms.CfnKey)
	policy, attached := holder.(awsiam.CfnPolicy)
	if !ok || !attached || policy.Roles() == nil {
		return false
	}
	home := awscdk.Stack_Of(resource)
	for _, role := range list(stack.Resolve(policy.Roles())) {
		name := strings.Trim(flat(stack, role), "${}")
		if slices.ContainsFunc(statements(home, resource.KeyPolicy()), func(of statement) bool {
			return of.allows("kms:Decrypt") && strings.Contains(fmt.Sprint(of.Principal), name)
		}) {
			return true
		}
	}
	return false
}
