package sopsconstructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
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
	// AssetBucketKey is the customer-managed key of the bucket that takes assets, where
	// the account was bootstrapped with one (cdk bootstrap --bootstrap-kms-key-id, or
	// --bootstrap-customer-key). The function gets the right to decrypt with it, through
	// S3 alone, once a file is so large that it travels as an asset. The CDK does not know
	// the key, so synth cannot find it missing; the function's denial names it.
	// Default: none.
	AssetBucketKey awskms.IKey
	// Architecture is the function's.
	// Default: what the context sops:architecture says, else arm64.
	Architecture awslambda.Architecture
	// AutoGrant says that the function's role gets the rights that the function needs. With
	// false, no policy is made for it: give the role what [SopsSyncProvider.PolicyStatements]
	// returns. CloudFormation calls the function as soon as it exists. A policy below the
	// role in the construct tree is there by then, as that of Role.AddToPrincipalPolicy
	// is; let Function depend on any other.
	// Default: true.
	AutoGrant *bool
	// FunctionZip is the path of a function that was built before, by
	//
	//	go run github.com/ebb7bed6/sopscdk/cmd/sopscdk function --out FILE
	//
	// in the module of the app, for Architecture. It is for machines without Go. Synth
	// fails for any other zip, and warns if the zip reads files with other versions of
	// its parsers than the app.
	// Default: what the context sops:function-zip says, else the function is built from
	// source, with the app's modules.
	FunctionZip string
	// LogGroup takes the function's logs.
	// Default: a group that keeps them for a month and goes with the stack.
	LogGroup awslogs.ILogGroup
	// MemorySize is the function's memory in MiB, at least 128.
	// Default: 256.
	MemorySize int
	// Role is the function's role, trusted by lambda.amazonaws.com. The rights that
	// the function needs are added to it, so it cannot be imported as immutable, nor be of
	// another stack, unless AutoGrant is false.
	// Default: a role of its own.
	Role awsiam.IRole
	// SecurityGroups are the function's in Vpc.
	// Default: one of its own, which lets everything out.
	SecurityGroups []awsec2.ISecurityGroup
	// Timeout is for how long the function may run, between 30 s and 15 minutes.
	// CloudFormation waits for 90 s longer.
	// Default: 2 minutes, and more where the stack has over 60 parameters: SSM takes about
	// three writes a second.
	Timeout awscdk.Duration
	// Vpc is the network that the function runs in. It must reach Secrets Manager,
	// and KMS and STS in the regions of the files' keys.
	// Default: none; the function runs outside of any.
	Vpc awsec2.IVpc
	// VpcSubnets are the subnets of Vpc to run in.
	// Default: the private ones.
	VpcSubnets *awsec2.SubnetSelection
}

// SopsSyncProvider is the function that fills secrets and parameters, with its role and
// its log group. Those of a stack share one, "SopsSyncProvider" below the stack, which is
// made by itself. Make your own to set it up otherwise, and pass it to every secret and
// parameter of its stack.
//
// In a stack that is deployed already, make it with the stack as scope and the id
// "SopsSyncProvider": it then takes the place of the default one. With any other
// id, the custom resource of each secret is made anew, since CloudFormation does
// not take another function for one that exists. The secrets and their values
// stay; but what the stack exports of them gets other names, so stacks that import
// it must let go of it first.
type SopsSyncProvider struct {
	constructs.Construct
	site     *site
	function awslambda.Function
	role     awsiam.IRole
	policies policies
	owned    awscdk.CfnResource // the policy of [SopsSyncProvider.addOwnedPolicy], or nil
	assetKey string             // the ARN of the key of the assets' bucket, or ""

	// What a sync takes from its provider.
	functionARN string
	retries     string  // a token that refers to the setting of the function's retries
	timeout     float64 // seconds
	timeoutSet  bool    // the props say it
	writes      bool    // it fills parameters
	syncs       []awscdk.CfnResource
	syncID      string // the id of a sync's resource
}

// NewSopsSyncProvider makes a function that fills secrets of this stack. It
// panics on settings that do not fit together, and in a stack whose secrets
// already use the default one: what they were to use must be said before.
func NewSopsSyncProvider(scope constructs.Construct, id string, props *SopsSyncProviderProps) *SopsSyncProvider {
	if props == nil {
		props = &SopsSyncProviderProps{}
	}
	stack := stateOf(scope).stackOf(scope)
	if stack.shared != nil {
		panic(fmt.Errorf("constructs: SopsSyncProvider %q: secrets of the stack %q use the default function already; make the provider before them, and pass it to each", id, stack.path))
	}
	stack.custom = newSyncProvider(scope, id, props)
	return stack.custom
}

// Function is the function itself, to set up alarms or further settings. Its Timeout does
// not show what parameters add to it.
func (p *SopsSyncProvider) Function() awslambda.Function { return p.function }

// Role is the function's role.
func (p *SopsSyncProvider) Role() awsiam.IRole { return p.role }

// providerFor returns the provider of a construct: the one that was passed, or the
// one that the stack's secrets share, which it makes if there is none.
func providerFor(s *site, passed *SopsSyncProvider) *SopsSyncProvider {
	switch {
	case passed != nil && passed.site.stack != s.stack:
		s.fail(fmt.Errorf("the SyncProvider %q is in another stack; make one in this stack: shared across stacks, their resources would depend on each other in a circle", passed.site.path))
	case passed != nil:
		return passed
	case s.stack.custom != nil:
		s.fail(fmt.Errorf("the stack has the SopsSyncProvider %q, and this construct names none; pass it as SyncProvider, or another of the same stack", s.stack.custom.site.path))
	case s.stack.shared == nil:
		if nodeOf(s.stack.Stack).TryFindChild(new(defaultProviderID)) != nil {
			s.fail(fmt.Errorf("the id %q in stack %q is taken by another construct; rename it, the function that fills secrets needs that id", defaultProviderID, s.stack.path))
		}
		s.stack.shared = newSyncProvider(s.stack.Stack, defaultProviderID, &SopsSyncProviderProps{})
	}
	return s.stack.shared
}

func newSyncProvider(scope constructs.Construct, id string, props *SopsSyncProviderProps) *SopsSyncProvider {
	p := &SopsSyncProvider{timeout: defaultTimeoutSeconds}
	p.site = newSite(p, "SopsSyncProvider", scope, id)
	p.syncID = syncID(p.site)
	p.check(props)
	if props.AssetBucketKey != nil {
		_, p.assetKey = p.site.aliasTarget("AssetBucketKey", props.AssetBucketKey)
	}
	parts := p.site.app.functionParts()
	timeout := parts.timeout
	if props.Timeout != nil {
		timeout = props.Timeout
		p.timeout, p.timeoutSet = *timeout.ToSeconds(nil), true
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
			AssumedBy:   parts.lambda,
			Description: new("The role of the function that fills secrets from SOPS files."),
		})
	}
	autoGrant := props.AutoGrant == nil || *props.AutoGrant
	if props.Role != nil && autoGrant {
		p.checkRole()
	}
	p.policies.allowed = map[string]bool{}
	var policy constructs.IDependable
	if autoGrant {
		policy = p.addPolicies(scope)
	}
	p.allow(logRight(*logs.LogGroupArn()))
	if props.Vpc != nil {
		p.allow(networkRights()...)
	}

	p.function = awslambda.NewFunction(p, new("Function"), &awslambda.FunctionProps{
		Description:    new("Fills secrets from SOPS files: decrypts what the custom resources carry."),
		Runtime:        parts.runtime,
		Architecture:   arch,
		Handler:        new("bootstrap"),
		Code:           code,
		Role:           p.role,
		LogGroup:       logs,
		Timeout:        timeout,
		MemorySize:     jsii.Number(memory),
		Vpc:            props.Vpc,
		VpcSubnets:     props.VpcSubnets,
		SecurityGroups: groups(props.SecurityGroups),
		// An event that is tried again after a rollback would write the new
		// value over the one that was rolled back to.
		RetryAttempts: jsii.Number(0),
		MaxEventAge:   parts.eventAge,
	})
	node := p.function.Node()
	if policy != nil {
		node.AddDependency(policy)
	}
	p.functionARN = *p.function.FunctionArn()
	p.retries = *node.FindChild(new("EventInvokeConfig")).Node().DefaultChild().(awscdk.CfnResource).Ref()
	return p
}

// syncID returns the id of the custom resources that the function fills. It is
// another for each provider but the stack's default, since CloudFormation does not
// take another function for a custom resource that exists: it makes a new one.
func syncID(provider *site) string {
	if provider.path == provider.stack.path+"/"+defaultProviderID {
		return "Sync"
	}
	return keypolicy.StatementID("Sync", provider.path)
}

// checkRole panics for a role that was passed and cannot be used.
func (p *SopsSyncProvider) checkRole() {
	if p.site.app.stackOf(p.role) != p.site.stack {
		p.site.fail(fmt.Errorf("its Role %q is in another stack, and the two would depend on each other in a circle; make it in %q, or import it there by its ARN", *p.role.Node().Path(), p.site.stack.path))
	}
	if isImmutable(p.role) {
		p.site.fail(fmt.Errorf("its Role %q takes no further rights, and the function would lack those that its files need; import it with mutable policies, leave Role to the provider, or set AutoGrant to false and give the role PolicyStatements()", *p.role.Node().Path()))
	}
}

// isImmutable reports whether a role accepts policies and drops them: one that was
// imported as immutable, or from another account. Only ids that the CDK gives show it
// without leaving a policy in the template: that of Role.WithoutPolicyUpdates, and
// that of the role which an immutable import stands for.
func isImmutable(role awsiam.IRole) bool {
	id := *role.Node().Id()
	return strings.HasPrefix(id, "ImmutableRole") || role.Node().Scope().Node().TryFindChild(new("MutableRole"+id)) != nil
}

// check panics on settings that do not fit together or would have no effect.
func (p *SopsSyncProvider) check(props *SopsSyncProviderProps) {
	switch {
	case props.Vpc == nil && props.SecurityGroups != nil:
		p.site.fail(fmt.Errorf("SecurityGroups without Vpc would have no effect; pass the Vpc that they are in"))
	case props.Vpc == nil && props.VpcSubnets != nil:
		p.site.fail(fmt.Errorf("VpcSubnets without Vpc would have no effect; pass the Vpc that they are in"))
	case props.MemorySize != 0 && props.MemorySize < minMemoryMiB:
		p.site.fail(fmt.Errorf("MemorySize is %d MiB; Lambda takes %d or more", props.MemorySize, minMemoryMiB))
	}
	if props.Timeout != nil {
		if seconds := *props.Timeout.ToSeconds(nil); seconds < minTimeoutSeconds || seconds > maxTimeoutSeconds {
			p.site.fail(fmt.Errorf("the Timeout is %v s; it must be between %d and %d", seconds, minTimeoutSeconds, maxTimeoutSeconds))
		}
	}
}

// buildFunction builds the function, once per process. Most tests of this package put a
// small stand-in here: an app copies, hashes and deletes the function's four megabytes.
var buildFunction = functionbuild.Build

// code returns the function's architecture and code.
func (p *SopsSyncProvider) code(props *SopsSyncProviderProps) (awslambda.Architecture, awslambda.Code) {
	build, arch := p.site.app.settings.arch, p.site.app.functionParts().architecture
	if props.Architecture != nil {
		arch = props.Architecture
		switch name := *arch.Name(); name {
		case *awslambda.Architecture_ARM_64().Name():
			build = functionbuild.ARM64
		case *awslambda.Architecture_X86_64().Name():
			build = functionbuild.AMD64
		default:
			p.site.fail(fmt.Errorf("the Architecture %q is not known; use arm64 or x86_64", name))
		}
	}
	zip, origin := props.FunctionZip, "FunctionZip"
	if zip == "" {
		zip, origin = p.site.app.settings.functionZip, "context "+contextFunctionZip
	}
	if zip == "" {
		built, err := buildFunction(build)
		if err != nil {
			p.site.fail(err)
		}
		p.site.app.checks.leaks.pass(built)
		p.compareParsers(built.Parsers, "run the app and its build in the same module")
		return arch, awslambda.Code_FromAsset(&built.Zip, nil)
	}
	parsers, err := functionbuild.CheckZip(zip, build)
	if err != nil {
		p.site.fail(fmt.Errorf("%s: %w", origin, err))
	}
	p.compareParsers(parsers, "make the zip in this app's module: go run "+commandPackage+" function --out FILE")
	return arch, awslambda.Code_FromAsset(&zip, nil)
}

// commandPackage is the import path of the command that makes the function's zip.
const commandPackage = "github.com/ebb7bed6/sopscdk/cmd/sopscdk"

// compareParsers warns when the function reads files with other modules than this app.
func (p *SopsSyncProvider) compareParsers(function map[string]string, remedy string) {
	differing := functionbuild.DifferingParsers(function)
	if len(differing) == 0 {
		return
	}
	p.site.warn("parsers", fmt.Sprintf("The function is built with other versions of its parsers than this app: %s. What was verified at synth may differ from what lands; %s", strings.Join(differing, ", "), remedy))
}

func groups(list []awsec2.ISecurityGroup) *[]awsec2.ISecurityGroup {
	if list == nil {
		return nil
	}
	return &list
}
