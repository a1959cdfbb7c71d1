package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
)

// reader is who is to read a secret, and from where.
type reader struct {
	grantee   awsiam.IGrantable
	principal awsiam.IPrincipal
	// stack is the one that the grantee belongs to; nil for a bare principal.
	stack awscdk.Stack
	// region is where it reads: that of its stack if it is known, else the secret's.
	region string
	// account is the principal's, "" where it is not known.
	account string
	// elsewhere says that the grantee's stack cannot refer to the secret's
	// resources, since it is in another account or region.
	elsewhere bool
	// foreign says that the principal is in another account, or that it may be;
	// surely, that it is.
	foreign, surely bool
}

func (r *readableSecret) reader(grantee awsiam.IGrantable) reader {
	env := r.environment()
	who := reader{grantee: grantee, principal: grantee.GrantPrincipal(), region: *env.Region}
	if account := who.principal.PrincipalAccount(); account != nil {
		who.account = resolved(account)
	}
	home := resolved(env.Account)
	who.surely = who.account != "" && home != "" && who.account != home
	who.foreign = who.account != "" && who.account != home
	if construct, ok := grantee.(constructs.IConstruct); ok {
		who.stack = awscdk.Stack_Of(construct)
		if region := resolved(who.stack.Region()); region != "" && region != *env.Region {
			who.elsewhere = true
			if _, replicated := r.replicaKeys[region]; replicated {
				who.region = region
			}
		}
		account := resolved(who.stack.Account())
		who.elsewhere = who.elsewhere || account != home && account != "" && home != ""
		if own := awscdk.Stack_Of(r.construct); !r.imported && who.stack != own {
			r.checkEnvironments(own, who.stack)
		}
		if who.elsewhere && who.region == *env.Region {
			r.readFrom = append(r.readFrom, resolved(who.stack.Region()))
		}
	}
	return who
}

// checkEnvironments fails where one of the stacks names its account or region, and
// the other leaves it to the deploy: whether they are the same is not known then,
// and what would be written for one means another place in the other.
func (r *readableSecret) checkEnvironments(own, other awscdk.Stack) {
	for _, of := range []struct {
		what        string
		here, there *string
	}{{"account", own.Account(), other.Account()}, {"region", own.Region(), other.Region()}} {
		if (resolved(of.here) == "") != (resolved(of.there) == "") {
			r.fail(fmt.Errorf("of the stacks %q and %q, one has an explicit %s and the other has none; give both an env, or neither", *own.Node().Path(), *other.Node().Path(), of.what))
		}
	}
}

// grantRead allows grantee to read the secret, with these version stages or with
// any, and to decrypt it where a customer's key encrypts it. The identity's
// policy gets both; the policies of secret and key get them too for a principal
// of another account, and for one that has no policy of its own here.
func (r *readableSecret) grantRead(grantee awsiam.IGrantable, stages []string) awsiam.Grant {
	who := r.reader(grantee)
	if who.surely && r.keyIn(who.region) == nil {
		r.fail(fmt.Errorf("%q is in another account, %s, and a secret that is encrypted with the account's own key cannot be read from there; pass an EncryptionKey", r.label(grantee), who.account))
	}
	grant := r.grantSecret(who, stages)
	if key := r.keyIn(who.region); key != nil {
		r.grantDecrypt(who, key)
	}
	return grant
}

// keyIn is the customer's key of the secret, or of its replica in region.
func (r *readableSecret) keyIn(region string) awskms.IKey {
	if key, replica := r.replicaKeys[region]; replica {
		return key
	}
	return r.key
}

func (r *readableSecret) grantSecret(who reader, stages []string) awsiam.Grant {
	actions := strs("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
	var conditions *map[string]*map[string]any
	if len(stages) > 0 {
		conditions = &map[string]*map[string]any{"ForAnyValue:StringEquals": {"secretsmanager:VersionStage": stages}}
	}
	switch {
	case r.imported:
		arn := secretARNPattern(r.secret)
		grant := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
			Grantee: who.grantee, Actions: actions, ResourceArns: &[]*string{&arn}, Conditions: conditions,
		})
		if who.foreign || !*grant.Success() {
			r.ownerMustAdd("the secret's policy", r.readStatement(who, actions, conditions))
			if r.secret.SecretFullArn() == nil {
				warn(r.construct, "partial", "The secret of another account is imported without the six characters at the end of its ARN. Secrets Manager finds it by its complete ARN alone: import it from that.")
			}
		}
		return grant
	case !who.elsewhere && r.target != nil:
		grant := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
			Grantee: who.grantee, Actions: actions, ResourceArns: &[]*string{r.secret.SecretArn()}, Conditions: conditions,
		})
		if who.foreign || !*grant.Success() {
			if statement := r.readStatement(who, actions, conditions); !*r.target.AddToResourcePolicy(statement).StatementAdded {
				r.ownerMustAdd("the secret's policy", statement)
			}
		}
		return grant
	case !who.elsewhere:
		if len(stages) > 0 {
			return r.secret.GrantRead(who.grantee, strs(stages...))
		}
		return r.secret.GrantRead(who.grantee, nil)
	}
	arn, err := r.arnIn(who.region)
	if err != nil {
		r.fail(fmt.Errorf("GrantRead to %q in stack %q: %w", r.label(who.grantee), *who.stack.Node().Path(), err))
	}
	// No reference orders the two stacks, so the order is said. (Stages are deployed
	// one after the other, as their pipeline says.)
	if own := awscdk.Stack_Of(r.construct); awscdk.Stage_Of(own) == awscdk.Stage_Of(who.stack) {
		who.stack.AddStackDependency(own, nil)
	}
	grant := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee: who.grantee, Actions: actions, ResourceArns: &[]*string{&arn}, Conditions: conditions,
	})
	if who.foreign {
		r.secret.AddToResourcePolicy(r.readStatement(who, actions, conditions))
	}
	return grant
}

// addToTargetPolicy adds a statement to the policy of the Target, which must be in
// this app.
func (r *readableSecret) addToTargetPolicy(statement awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult {
	result := r.target.AddToResourcePolicy(statement)
	if !*result.StatementAdded {
		r.fail(fmt.Errorf("the policy of the Target is not in this app; add this statement to it where it is:\n%s", r.statementText(statement)))
	}
	return result
}

// readStatement is the grant as a statement of the secret's policy.
func (r *readableSecret) readStatement(who reader, actions *[]*string, conditions *map[string]*map[string]any) awsiam.PolicyStatement {
	props := &awsiam.PolicyStatementProps{
		Actions: actions, Resources: strs("*"), Principals: &[]awsiam.IPrincipal{r.inPolicies(who)},
	}
	if conditions != nil {
		plain := map[string]any{}
		for operator, condition := range *conditions {
			plain[operator] = *condition
		}
		props.Conditions = &plain
	}
	return awsiam.NewPolicyStatement(props)
}

// inPolicies is the principal in the policies of secret and key: itself, or the
// whole of its account where its stack cannot be referred to. There, the
// principal's own policy says who of the account it is.
func (r *readableSecret) inPolicies(who reader) awsiam.IPrincipal {
	if who.elsewhere && who.foreign {
		return awsiam.NewAccountPrincipal(who.account)
	}
	return who.principal
}

// grantDecrypt allows the reader to decrypt the secret's value, through Secrets
// Manager alone.
func (r *readableSecret) grantDecrypt(who reader, key awskms.IKey) {
	home := awscdk.Stack_Of(r.construct)
	via := func(resource string) *awsiam.PolicyStatementProps {
		return &awsiam.PolicyStatementProps{
			Actions:    strs("kms:Decrypt"),
			Resources:  strs(resource),
			Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": viaServiceIn(who.region, home, "secretsmanager")}},
		}
	}
	resource := *key.KeyArn()
	if who.elsewhere && *awscdk.Token_IsUnresolved(&resource) {
		// A stack elsewhere cannot refer to the key. Its policy still decides.
		resource = fmt.Sprintf("arn:%s:kms:%s:%s:key/*", *home.Partition(), who.region, *r.environment().Account)
	}
	added := who.principal.AddToPrincipalPolicy(awsiam.NewPolicyStatement(via(resource)))
	if *added.StatementAdded && !who.foreign {
		return
	}
	props := via("*")
	props.Principals = &[]awsiam.IPrincipal{r.inPolicies(who)}
	statement := awsiam.NewPolicyStatement(props)
	switch result := key.AddToResourcePolicy(statement, new(true)); {
	case *result.StatementAdded || r.keyPolicyElsewhere:
	case r.imported:
		r.ownerMustAdd("the policy of its key", statement)
	default:
		r.fail(fmt.Errorf("the policy of the key %s is not in this app, and %q cannot decrypt without this statement in it; add it there, and set EncryptionKeyPolicyElsewhere:\n%s",
			*key.KeyArn(), r.label(who.grantee), r.statementText(statement)))
	}
}

// ownerMustAdd says in a warning what the owner of an imported secret has to do.
func (r *readableSecret) ownerMustAdd(where string, statement awsiam.PolicyStatement) {
	warn(r.construct, "owner", fmt.Sprintf("The imported secret can be read when its owner has added this statement to %s: %s", where, r.statementText(statement)))
}
