package sopsconstructs

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
)

// How large the function's policies grow, in characters as IAM counts them. IAM
// gives 10,240 to all inline policies of a role together, 6,144 to a managed one,
// and ten managed ones to a role; see "IAM and AWS STS quotas" in its user guide.
// What is left is for the lengths that synth does not know, and for the policy of
// [SopsSyncProvider.addOwnedPolicy].
const (
	maxInlinePolicy    = 8_300
	maxManagedPolicy   = 5_400
	maxManagedPolicies = 10
)

// policies are the function's, one inline and then managed ones as they fill up.
// They are the provider's own, and not those of the role: a role that is imported
// into two stacks would have one default policy in both, and each deploy would
// overwrite the other's.
type policies struct {
	allowed map[string]bool // by statement id
	all     []right
	current *policyDocument // nil without AutoGrant
	room    int
	managed int
	// handedOut says that [SopsSyncProvider.PolicyStatements] was called.
	handedOut bool
	// customized says that the app customizes its roles: see [SopsSyncProvider.addPolicies].
	customized bool
}

// policyDocument is a policy that grows until synthesis. The CDK asks for it then.
type policyDocument struct{ statements []map[string]any }

// Produce implements [awscdk.IAnyProducer].
func (d *policyDocument) Produce(awscdk.IResolveContext) any {
	return map[string]any{"Version": "2012-10-17", "Statement": d.statements}
}

func (d *policyDocument) lazily() awscdk.IResolvable { return awscdk.Lazy_UncachedAny(d, nil) }

// customizedRoles is the context that Role_CustomizeRoles sets (aws-cdk-lib 2.270.0).
const customizedRoles = "@aws-cdk/iam:customizeRoles"

// addPolicies makes, for a provider in scope, the inline policy of the role, to which
// managed ones are added. Where roles are made elsewhere (Role_CustomizeRoles), the CDK
// writes a report of what they need, and knows nothing of policies that are not the role's own: there the role itself
// gets the rights. One that is in the template all the same has its policy beside it, since
// the CDK leaves its own policies out then (seen with PreventSynthesis false).
func (p *SopsSyncProvider) addPolicies(scope constructs.Construct) constructs.IDependable {
	p.policies.customized = nodeOf(scope).TryGetContext(new(customizedRoles)) != nil
	if p.policies.customized && p.role.Node().TryFindChild(new("Resource")) == nil {
		return p.role
	}
	return p.addPolicy()
}

// addPolicy makes the inline policy of the role.
func (p *SopsSyncProvider) addPolicy() constructs.IDependable {
	p.policies.current, p.policies.room = &policyDocument{}, maxInlinePolicy
	return awsiam.NewCfnPolicy(p, new("Policy"), &awsiam.CfnPolicyProps{
		PolicyName:     awscdk.Names_UniqueResourceName(p, &awscdk.UniqueResourceNameOptions{MaxLength: new(128.0), Separator: new("-")}),
		PolicyDocument: p.policies.current.lazily(),
		Roles:          &[]*string{p.role.RoleName()},
	})
}

// addOwnedPolicy makes the inline policy of parameters that the template names no more. It
// is one of its own, with the last construct that fills parameters: where that leaves the
// stack, this policy must outlast the Delete of its sync.
func (p *SopsSyncProvider) addOwnedPolicy() {
	rights := ownedRights(p.site.stack)
	if p.policies.current == nil || p.policies.customized {
		p.allow(rights...)
		return
	}
	p.policies.all = append(p.policies.all, rights...)
	var statements []map[string]any
	for _, r := range rights {
		statements = append(statements, r.document())
	}
	p.owned = awsiam.NewCfnPolicy(p, new("ParametersPolicy"), &awsiam.CfnPolicyProps{
		PolicyName:     new(*awscdk.Names_UniqueResourceName(p, &awscdk.UniqueResourceNameOptions{MaxLength: new(117.0), Separator: new("-")}) + "-parameters"),
		PolicyDocument: map[string]any{"Version": "2012-10-17", "Statement": statements},
		Roles:          &[]*string{p.role.RoleName()},
	})
}

func (p *SopsSyncProvider) addManagedPolicy() {
	if p.policies.managed == maxManagedPolicies {
		p.site.fail(fmt.Errorf("its role would need more than %d managed policies, and IAM gives it no more; give some of its secrets and parameters another SyncProvider, or put them into another stack", maxManagedPolicies))
	}
	p.policies.managed++
	p.policies.current, p.policies.room = &policyDocument{}, maxManagedPolicy
	policy := awsiam.NewCfnManagedPolicy(p, new(fmt.Sprintf("Policy%d", p.policies.managed+1)), &awsiam.CfnManagedPolicyProps{
		PolicyDocument: p.policies.current.lazily(),
		Roles:          &[]any{p.role.RoleName()},
	})
	p.function.Node().AddDependency(policy)
}

// allow adds rights to what the function may do, each once.
func (p *SopsSyncProvider) allow(rights ...right) {
	for _, r := range rights {
		if p.policies.allowed[r.sid] {
			continue
		}
		p.policies.allowed[r.sid] = true
		p.policies.all = append(p.policies.all, r)
		if p.policies.customized {
			p.role.AddToPrincipalPolicy(awsiam.PolicyStatement_FromJson(r.document()))
		}
		if p.policies.current == nil {
			if p.policies.handedOut && !p.policies.customized {
				p.site.fail(errors.New("a secret or a parameter comes after PolicyStatements, and what it needs is missing there; call PolicyStatements after the last one"))
			}
			continue
		}
		size := r.size()
		if size > p.policies.room {
			p.addManagedPolicy()
		}
		p.policies.room -= size
		p.policies.current.statements = append(p.policies.current.statements, r.document())
	}
}

// PolicyStatements returns all that the function may do, or, with an AutoGrant of false,
// must be allowed to do: to decrypt the files, to fetch those that are not in the
// template, to write the targets, to read age identities, to log, and to stand in a
// network. The ids of statements say what each is for. They refer to resources of the
// stack, so a role of another stack cannot have them as they are.
//
// Call it after the last secret or parameter: with an AutoGrant of false, one that is made
// afterwards and needs more panics.
func (p *SopsSyncProvider) PolicyStatements() []awsiam.PolicyStatement {
	p.policies.handedOut = true
	statements := make([]awsiam.PolicyStatement, len(p.policies.all))
	for i, r := range p.policies.all {
		statements[i] = awsiam.PolicyStatement_FromJson(r.document())
	}
	return statements
}
