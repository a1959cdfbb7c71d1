package constructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// defaultProviderID is the id of the provider that a stack's secrets share when
// they name none: a child of the stack.
const defaultProviderID = "SopsSyncProvider"

const (
	defaultTimeoutSeconds = 120
	// minTimeoutSeconds leaves the function time for two regions and for a policy
	// that was just made to be seen everywhere.
	minTimeoutSeconds = 30
	// serviceTimeoutMargin is for how much longer than the function can run
	// CloudFormation waits, in seconds: so the function's own answer ends the wait.
	serviceTimeoutMargin = 90
	defaultMemoryMiB     = 256
	minMemoryMiB         = 128
)

// SopsSyncProviderProps are the properties of a [SopsSyncProvider].
type SopsSyncProviderProps struct {
	// Architecture is the function's.
	// Default: what the context sops:architecture says, else arm64.
	Architecture awslambda.Architecture
	// FunctionZip is the path of a function that was built before: a zip with the
	// file bootstrap, made of this release's cmd/sopssync for Architecture. It is
	// for machines without Go.
	// Default: the function is built from source.
	FunctionZip string
	// LogGroup takes the function's logs.
	// Default: a group that keeps them for a month and goes with the stack.
	LogGroup awslogs.ILogGroup
	// MemorySize is the function's memory in MiB, at least 128.
	// Default: 256.
	MemorySize int
	// Role is the function's role, trusted by lambda.amazonaws.com. The rights that
	// the function needs are added to it, so it cannot be imported as immutable.
	// Default: a role of its own.
	Role awsiam.IRole
	// SecurityGroups are the function's in Vpc.
	// Default: one of its own, which lets everything out.
	SecurityGroups []awsec2.ISecurityGroup
	// Timeout is for how long the function may run, between 30 s and 15 minutes.
	// CloudFormation waits for 90 s longer.
	// Default: 2 minutes.
	Timeout awscdk.Duration
	// Vpc is the network that the function runs in. It must reach Secrets Manager,
	// and KMS and STS in the regions of the files' keys.
	// Default: none; the function runs outside of any.
	Vpc awsec2.IVpc
	// VpcSubnets are the subnets of Vpc to run in.
	// Default: the private ones.
	VpcSubnets *awsec2.SubnetSelection
}

// SopsSyncProvider is the function that fills secrets, with its role and its log
// group. A stack's secrets share one, "SopsSyncProvider" below the stack, which is
// made by itself. Make your own to set it up otherwise, and pass it to every
// secret of its stack.
//
// In a stack that is deployed already, make it with the stack as scope and the id
// "SopsSyncProvider": it then takes the place of the default one. With any other
// id, the custom resource of each secret is made anew, since CloudFormation does
// not take another function for one that exists. The secrets and their values
// stay; but what the stack exports of them gets other names, so stacks that import
// it must let go of it first.
type SopsSyncProvider struct {
	constructs.Construct
	function awslambda.Function
	role     awsiam.IRole
	timeout  float64 // seconds
	allowed  map[string]bool
	policies policies
}

// NewSopsSyncProvider makes a function that fills secrets of this stack. It
// panics on settings that do not fit together, and in a stack whose secrets
// already use the default one: what they were to use must be said before.
func NewSopsSyncProvider(scope constructs.Construct, id string, props *SopsSyncProviderProps) *SopsSyncProvider {
	if props == nil {
		props = &SopsSyncProviderProps{}
	}
	stack := awscdk.Stack_Of(scope)
	if defaultProvider(stack) != nil {
		panic(fmt.Errorf("constructs: SopsSyncProvider %q: secrets of the stack %q use the default function already; make the provider before them, and pass it to each", id, *stack.Node().Path()))
	}
	p := newSyncProvider(scope, id, props)
	stateOf(scope).providers[stack] = p
	return p
}

// Function is the function itself, to set up alarms or further settings.
func (p *SopsSyncProvider) Function() awslambda.Function { return p.function }

// Role is the function's role.
func (p *SopsSyncProvider) Role() awsiam.IRole { return p.role }

// syncProviderFor gives the provider for a secret: the one that was passed, or
// the stack's default, which it makes if there is none.
func (s *SopsSecret) syncProviderFor(passed *SopsSyncProvider) *SopsSyncProvider {
	stack := awscdk.Stack_Of(s)
	if passed != nil {
		if awscdk.Stack_Of(passed) != stack {
			s.fail(fmt.Errorf("the SyncProvider %q is in another stack; make one in this stack: shared across stacks, their resources would depend on each other in a circle", *passed.Node().Path()))
		}
		return passed
	}
	if custom := stateOf(s).providers[stack]; custom != nil {
		s.fail(fmt.Errorf("the stack has the SopsSyncProvider %q, and this secret names none; pass it as SyncProvider, or another of the same stack", *custom.Node().Path()))
	}
	if provider := defaultProvider(stack); provider != nil {
		return provider
	}
	return newSyncProvider(stack, defaultProviderID, &SopsSyncProviderProps{})
}

// defaultProvider is the stack's default provider, or nil.
func defaultProvider(stack awscdk.Stack) *SopsSyncProvider {
	child := stack.Node().TryFindChild(new(defaultProviderID))
	if child == nil {
		return nil
	}
	provider, ok := child.(*SopsSyncProvider)
	if !ok {
		panic(fmt.Errorf("constructs: the id %q in stack %q is taken by another construct; rename it, the function that fills secrets needs that id", defaultProviderID, *stack.Node().Path()))
	}
	if stateOf(stack).providers[stack] == provider { // it was made by hand under this id
		return nil
	}
	return provider
}

func newSyncProvider(scope constructs.Construct, id string, props *SopsSyncProviderProps) *SopsSyncProvider {
	p := &SopsSyncProvider{timeout: defaultTimeoutSeconds, allowed: map[string]bool{}}
	constructs.NewConstruct_Override(p, scope, &id)
	p.check(props)
	if props.Timeout != nil {
		p.timeout = *props.Timeout.ToSeconds(nil)
	}
	memory := defaultMemoryMiB
	if props.MemorySize != 0 {
		memory = props.MemorySize
	}
	arch, code := p.code(props)

	logs := props.LogGroup
	if logs == nil {
		logs = awslogs.NewLogGroup(p, new("LogGroup"), &awslogs.LogGroupProps{
			Retention:     awslogs.RetentionDays_ONE_MONTH,
			RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		})
	}
	if p.role = props.Role; p.role == nil {
		p.role = awsiam.NewRole(p, new("Role"), &awsiam.RoleProps{
			AssumedBy:   awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil),
			Description: new("The role of the function that fills secrets from SOPS files."),
		})
	}
	if stack := awscdk.Stack_Of(p); awscdk.Stack_Of(p.role) != stack {
		p.fail(fmt.Errorf("its Role %q is in another stack, and the two would depend on each other in a circle; make it in %q, or import it there by its ARN", *p.role.Node().Path(), *stack.Node().Path()))
	}
	if props.Role != nil && !takesRights(p.role) {
		p.fail(fmt.Errorf("its Role %q takes no further rights, and the function would lack those that its files need; import it with mutable policies, or leave Role to the provider", *p.role.Node().Path()))
	}
	p.newPolicies()
	p.allow(logStatement(logs))
	if props.Vpc != nil {
		p.allow(networkStatement())
		p.allow(noNetworkStatement())
	}

	p.function = awslambda.NewFunction(p, new("Function"), &awslambda.FunctionProps{
		Description:    new("Fills secrets from SOPS files: decrypts what the custom resources carry."),
		Runtime:        awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:   arch,
		Handler:        new("bootstrap"),
		Code:           code,
		Role:           p.role,
		LogGroup:       logs,
		Timeout:        awscdk.Duration_Seconds(&p.timeout),
		MemorySize:     jsii.Number(memory),
		Vpc:            props.Vpc,
		VpcSubnets:     props.VpcSubnets,
		SecurityGroups: groups(props.SecurityGroups),
		// An event that is tried again after a rollback would write the new
		// value over the one that was rolled back to.
		RetryAttempts: jsii.Number(0),
		MaxEventAge:   awscdk.Duration_Seconds(jsii.Number(60)),
	})
	p.function.Node().AddDependency(p.policies.current)
	return p
}

// syncID is the id of a secret's custom resource that the function fills. It is
// another for each provider but the stack's default, since CloudFormation does not
// take another function for a custom resource that exists: it makes a new one.
func (p *SopsSyncProvider) syncID() string {
	path := *p.Node().Path()
	if path == *awscdk.Stack_Of(p).Node().Path()+"/"+defaultProviderID {
		return "Sync"
	}
	return statementID("Sync", path)
}

// check panics on settings that do not fit together or would be ignored.
func (p *SopsSyncProvider) check(props *SopsSyncProviderProps) {
	switch {
	case props.Vpc == nil && props.SecurityGroups != nil:
		p.fail(fmt.Errorf("SecurityGroups without Vpc would be ignored; pass the Vpc that they are in"))
	case props.Vpc == nil && props.VpcSubnets != nil:
		p.fail(fmt.Errorf("VpcSubnets without Vpc would be ignored; pass the Vpc that they are in"))
	case props.MemorySize != 0 && props.MemorySize < minMemoryMiB:
		p.fail(fmt.Errorf("MemorySize is %d MiB; Lambda takes %d or more", props.MemorySize, minMemoryMiB))
	}
	if props.Timeout != nil {
		if seconds := *props.Timeout.ToSeconds(nil); seconds < minTimeoutSeconds || seconds > 900 {
			p.fail(fmt.Errorf("the Timeout is %v s; it must be between %d and 900", seconds, minTimeoutSeconds))
		}
	}
}

// code gives the function's architecture and code.
func (p *SopsSyncProvider) code(props *SopsSyncProviderProps) (awslambda.Architecture, awslambda.Code) {
	build, arch := architecture(p)
	if props.Architecture != nil {
		arch = props.Architecture
		switch name := *arch.Name(); name {
		case *awslambda.Architecture_ARM_64().Name():
			build = functionbuild.ARM64
		case *awslambda.Architecture_X86_64().Name():
			build = functionbuild.AMD64
		default:
			p.fail(fmt.Errorf("the Architecture %q is not known; use arm64 or x86_64", name))
		}
	}
	if props.FunctionZip != "" {
		if err := functionbuild.CheckZip(props.FunctionZip, build); err != nil {
			p.fail(fmt.Errorf("FunctionZip: %w", err))
		}
		return arch, awslambda.Code_FromAsset(&props.FunctionZip, nil)
	}
	built, err := functionbuild.Build(build)
	if err != nil {
		p.fail(err)
	}
	if differing := functionbuild.DifferingParsers(built.Binary); len(differing) > 0 {
		text := fmt.Sprintf("The function is built with other versions of its parsers than this app: %s. What was verified at synth may differ from what lands; let the app's go.mod require the function's versions.", strings.Join(differing, ", "))
		warn(p, "parsers", text)
	}
	return arch, awslambda.Code_FromAsset(&built.Zip, nil)
}

func (p *SopsSyncProvider) fail(err error) {
	panic(fmt.Errorf("constructs: SopsSyncProvider %q: %w", *p.Node().Path(), err))
}

// logStatement lets the function log. It has no logs:CreateLogGroup: the
// function's last call, a Delete, would make the group again after
// CloudFormation removed it.
func logStatement(logs awslogs.ILogGroup) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new("SopsLogs"),
		Actions:   strs("logs:CreateLogStream", "logs:PutLogEvents"),
		Resources: &[]*string{logs.LogGroupArn()},
	})
}

// networkActions is what Lambda needs of the role to put a function into a
// network. Lambda's managed policy for that is not used, since it allows
// logs:CreateLogGroup. See "Giving Lambda functions access to resources in an
// Amazon VPC" in the Lambda developer guide.
func networkActions() *[]*string {
	return strs("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
		"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")
}

func networkStatement() awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: new("SopsNetwork"), Actions: networkActions(), Resources: strs("*"),
	})
}

// noNetworkStatement denies the same to the function's own code, whose calls name
// a function as their source; those of the Lambda service do not.
func noNetworkStatement() awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: new("SopsNoNetworkOfItsOwn"), Effect: awsiam.Effect_DENY, Actions: networkActions(), Resources: strs("*"),
		Conditions: &map[string]any{"Null": map[string]any{"lambda:SourceFunctionArn": "false"}},
	})
}

func groups(list []awsec2.ISecurityGroup) *[]awsec2.ISecurityGroup {
	if list == nil {
		return nil
	}
	return &list
}
