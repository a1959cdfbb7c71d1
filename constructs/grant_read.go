package sopsconstructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// reader is who is to read a secret, and from where.
type reader struct {
	grantee   awsiam.IGrantable
	principal awsiam.IPrincipal
	// stack is the one that the grantee belongs to; nil for a bare principal.
	stack *stackState
	// region is where it reads: the secret's, or that of its stack where a replica is.
	region string
	// account is the principal's, "" where it is not known.
	account string
	// ofAccount compares the principal's account with the secret's.
	ofAccount likeness
	// elsewhere says that the grantee's stack cannot refer to the secret's resources,
	// since it is in another account or region.
	elsewhere bool
}

// foreign reports whether the policies of secret and key must name the principal: it
// is in another account, or may be.
func (r reader) foreign() bool { return r.account != "" && r.ofAccount != same }

// reader returns who reads the secret. From a stack in the region of a replica, it reads
// that.
func (s *secret) reader(grantee awsiam.IGrantable) reader {
	who := s.readerOf(s.env, grantee)
	if who.stack == nil {
		return who
	}
	if there := who.stack.env.region; there != "" && there != s.env.region {
		if _, replicated := s.replicas.keys[there]; replicated {
			who.region = there
		} else {
			s.replicas.readFrom = append(s.replicas.readFrom, there)
		}
	}
	if s.imported == nil && who.stack != s.stack {
		s.checkEnvironments(who.stack)
	}
	return who
}

// readerOf returns who reads what is in env.
func (s *site) readerOf(env environment, grantee awsiam.IGrantable) reader {
	who := reader{grantee: grantee, principal: grantee.GrantPrincipal(), region: env.region}
	if who.region == "" {
		who.region = s.stack.region
	}
	if account := who.principal.PrincipalAccount(); account != nil {
		who.account = known(*account)
	}
	who.ofAccount = compare(who.account, env.account)
	construct, ok := grantee.(constructs.IConstruct)
	if !ok {
		return who
	}
	who.stack = s.app.stackOf(construct)
	there := who.stack.env
	who.elsewhere = there.region != "" && there.region != env.region || compare(there.account, env.account) == different
	return who
}

// checkEnvironments panics where one of the construct's stack and another names its
// account or region, and the other leaves it to the deploy: whether they are the same
// is not known then, and what would be written for one means another place in the
// other.
func (s *site) checkEnvironments(other *stackState) {
	for _, of := range []struct{ what, here, there string }{
		{"account", s.stack.env.account, other.env.account}, {"region", s.stack.env.region, other.env.region},
	} {
		if compare(of.here, of.there) == unclear {
			s.fail(fmt.Errorf("of the stacks %q and %q, one has an explicit %s and the other has none; give both an env, or neither", s.stack.path, other.path, of.what))
		}
	}
}

// grantRead allows grantee to read the secret: see grantReader.
func (s *secret) grantRead(grantee awsiam.IGrantable, stages []string) awsiam.Grant {
	return s.grantReader(s.reader(grantee), stages)
}

// grantReader allows the reader to read the secret, with these version stages or with
// any, and to decrypt it where a customer-managed key encrypts it. The identity's
// policy gets both; the policies of secret and key get them too for a principal
// of another account, and for one that has no policy of its own here.
func (s *secret) grantReader(who reader, stages []string) awsiam.Grant {
	key := s.keyIn(who.region)
	if who.ofAccount == different && key == nil {
		s.fail(fmt.Errorf("%q is in another account, %s, and a secret that is encrypted with the account's own key cannot be read from there; pass an EncryptionKey", s.label(who.grantee), who.account))
	}
	grant := s.grantSecret(who, stages)
	if key != nil {
		s.grantDecrypt(who, key)
	}
	return grant
}

// keyIn returns the key of the secret, or of its replica in region; nil for the
// account's own.
func (s *secret) keyIn(region string) awskms.IKey {
	if key, replica := s.replicas.keys[region]; replica {
		return key
	}
	return s.key
}

// grantSecret allows the reader to read the secret, and returns the grant.
func (s *secret) grantSecret(who reader, stages []string) awsiam.Grant {
	resource := s.arnFor(who)
	actions := jsii.Strings("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
	var conditions *map[string]*map[string]any
	if len(stages) > 0 {
		conditions = &map[string]*map[string]any{"ForAnyValue:StringEquals": {"secretsmanager:VersionStage": stages}}
	}
	grant := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee: who.grantee, Actions: actions, ResourceArns: jsii.Strings(resource), Conditions: conditions,
	})
	added := *grant.Success()
	switch {
	case added && !who.foreign():
		return grant
	case s.imported != nil && s.imported.SecretCompleteArn == nil:
		s.warn("partial", "The secret of another account is imported without the six characters at the end of its ARN. Secrets Manager finds it by its complete ARN alone: import it from that.")
	}
	if added {
		s.asSecret().AddToResourcePolicy(s.readStatement(who, actions, conditions))
		return grant
	}
	// The principal takes no policy, so the secret's own gets the statement.
	return awsiam.Grant_AddToPrincipalOrResource(&awsiam.GrantWithResourceOptions{
		Grantee: who.grantee, Actions: actions, ResourceArns: jsii.Strings(resource), Resource: s.asSecret(), Conditions: conditions,
	})
}

// arnFor returns what the reader's policy names the secret by. From another account or
// region that is its name, since a reference would take resources in the other stack;
// then no reference orders the two stacks, so the order is said.
func (s *secret) arnFor(who reader) string {
	if !who.elsewhere || s.imported != nil {
		return s.pattern()
	}
	arn, err := s.arnIn(who.region)
	if err != nil {
		s.fail(fmt.Errorf("GrantRead to %q in stack %q: %w", s.label(who.grantee), who.stack.path, err))
	}
	s.deployBefore(who.stack)
	return arn
}

// deployBefore makes another stack follow this one where no reference does. (Stages are
// deployed one after the other, as their pipeline says.)
func (s *site) deployBefore(other *stackState) {
	if awscdk.Stage_Of(s.stack.Stack) == awscdk.Stage_Of(other.Stack) {
		other.AddStackDependency(s.stack.Stack, nil)
	}
}

// readStatement returns the grant as a statement of the secret's policy.
func (s *secret) readStatement(who reader, actions *[]*string, conditions *map[string]*map[string]any) awsiam.PolicyStatement {
	props := &awsiam.PolicyStatementProps{
		Actions: actions, Resources: jsii.Strings("*"), Principals: &[]awsiam.IPrincipal{inPolicies(who)},
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

// inPolicies returns the principal in the policies of secret and key: itself, or the
// whole of its account where its stack cannot be referred to. There, the
// principal's own policy says who of the account it is.
func inPolicies(who reader) awsiam.IPrincipal {
	if who.elsewhere && who.foreign() {
		return awsiam.NewAccountPrincipal(who.account)
	}
	return who.principal
}

// grantDecrypt allows the reader to decrypt the secret's value, through Secrets
// Manager alone.
func (s *secret) grantDecrypt(who reader, key awskms.IKey) {
	via := func(resource string) *awsiam.PolicyStatementProps {
		return &awsiam.PolicyStatementProps{
			Actions:    jsii.Strings("kms:Decrypt"),
			Resources:  jsii.Strings(resource),
			Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": viaService(who.region, s.stack, "secretsmanager")}},
		}
	}
	resource := *key.KeyArn()
	if who.elsewhere && isToken(resource) {
		// A stack elsewhere cannot refer to the key. Its policy still decides.
		resource = s.stack.anyKey(who.region)
	}
	added := who.principal.AddToPrincipalPolicy(awsiam.NewPolicyStatement(via(resource)))
	if *added.StatementAdded && !who.foreign() {
		return
	}
	props := via("*")
	props.Principals = &[]awsiam.IPrincipal{inPolicies(who)}
	statement := awsiam.NewPolicyStatement(props)
	switch result := key.AddToResourcePolicy(statement, new(true)); {
	case *result.StatementAdded || s.keyPolicyElsewhere:
	case s.imported != nil:
		s.ownerMustAdd("the policy of its key", statement)
	default:
		s.fail(fmt.Errorf("the policy of the key %s is not in this app, and %q cannot decrypt without this statement in it; add it there, and set EncryptionKeyPolicyElsewhere:\n%s",
			s.plain(*key.KeyArn()), s.label(who.grantee), s.statementText(statement)+s.legend(*key.KeyArn())))
	}
}

// ownerMustAdd says in a warning what the owner of an imported secret has to do.
func (s *secret) ownerMustAdd(where string, statement awsiam.PolicyStatement) {
	s.warn("owner", fmt.Sprintf("The secret can be read when its owner has added this statement to %s: %s", where, s.statementText(statement)))
}
