package constructs

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
)

// How large the function's policies grow, in characters as IAM counts them. IAM
// gives 10,240 to all inline policies of a role together, 6,144 to a managed one,
// and ten managed ones to a role; see "IAM and AWS STS quotas" in its user guide.
// What is left is for the lengths that synth does not know. The CDK's own
// splitting leaves out the statements' ids, and passes the limits.
const (
	maxInlinePolicy    = 9_000
	maxManagedPolicy   = 5_400
	maxManagedPolicies = 10
	// tokenLength is what a value that is known at deploy alone may grow to: an ARN
	// with names of usual length.
	tokenLength = 150
)

// policies are the function's, one inline and then managed ones as they fill up.
// They are the provider's own, and not those of the role: a role that is imported
// into two stacks would have one default policy in both, and each deploy would
// overwrite the other's.
type policies struct {
	current interface {
		constructs.Construct
		AddStatements(...awsiam.PolicyStatement)
	}
	room    int
	managed int
}

// newPolicies makes the inline policy of the role.
func (p *SopsSyncProvider) newPolicies() {
	p.policies.current = awsiam.NewPolicy(p, new("Policy"), &awsiam.PolicyProps{
		PolicyName: awscdk.Names_UniqueResourceName(p, &awscdk.UniqueResourceNameOptions{MaxLength: new(128.0), Separator: new("-")}),
		Roles:      &[]awsiam.IRole{p.role},
	})
	p.policies.room = maxInlinePolicy
}

// allow adds a statement to what the function may do, once.
func (p *SopsSyncProvider) allow(statement awsiam.PolicyStatement) {
	sid := *statement.Sid()
	if p.allowed[sid] {
		return
	}
	p.allowed[sid] = true
	size := p.size(statement)
	if size > p.policies.room {
		p.addManagedPolicy()
	}
	p.policies.room -= size
	p.policies.current.AddStatements(statement)
}

func (p *SopsSyncProvider) addManagedPolicy() {
	if p.policies.managed == maxManagedPolicies {
		p.fail(fmt.Errorf("its role would need more than %d managed policies, and IAM gives it no more; give some of its secrets another SyncProvider, or put them into another stack", maxManagedPolicies))
	}
	p.policies.managed++
	policy := awsiam.NewManagedPolicy(p, new(fmt.Sprintf("Policy%d", p.policies.managed+1)), &awsiam.ManagedPolicyProps{
		Roles: &[]awsiam.IRole{p.role},
	})
	p.function.Node().AddDependency(policy)
	p.policies.current, p.policies.room = policy, maxManagedPolicy
}

// size is how many characters of a policy the statement takes at most.
func (p *SopsSyncProvider) size(statement awsiam.PolicyStatement) int {
	text, err := json.Marshal(awscdk.Stack_Of(p).Resolve(statement.ToStatementJson()))
	if err != nil {
		panic(err) // what the CDK gives is JSON
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		panic(err)
	}
	return sizeOf(value) + 1
}

func sizeOf(value any) int {
	switch value := value.(type) {
	case map[string]any:
		if len(value) == 1 {
			for name, parts := range value {
				if name == "Ref" || name == "Fn::GetAtt" || name == "Fn::ImportValue" || name == "Fn::GetStackOutput" {
					return tokenLength
				}
				if name == "Fn::Join" || name == "Fn::Sub" {
					return sizeOf(parts)
				}
			}
		}
		size := 2
		for name, part := range value {
			size += len(name) + 4 + sizeOf(part)
		}
		return size
	case []any:
		size := 2
		for _, part := range value {
			size += 1 + sizeOf(part)
		}
		return size
	case string:
		return len(value) + 2
	}
	return 8
}

// takesRights tells whether a role that was passed takes further policies: one
// that is imported as immutable, or from another account, says that it does and
// drops them. A right that everyone has shows it.
func takesRights(role awsiam.IRole) bool {
	if _, own := role.(awsiam.Role); own {
		return true
	}
	role.AddToPrincipalPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: strs("sts:GetCallerIdentity"), Resources: strs("*"),
	}))
	return slices.ContainsFunc(*role.Node().Children(), func(child constructs.IConstruct) bool {
		_, ok := child.(awsiam.Policy)
		return ok
	})
}
