package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// syncProviderID is the id of a stack's own provider, a child of the stack.
const syncProviderID = "SopsSyncProvider"

// The function's limits. CloudFormation waits for longer than the function can
// run, so that the function's own answer is what it gets.
const (
	syncTimeoutSeconds        = 120
	syncServiceTimeoutSeconds = syncTimeoutSeconds + 90
	syncMemoryMiB             = 256
)

// syncProvider is the sync function of a stack with its role and log group,
// shared by all the secrets in that stack.
type syncProvider struct {
	constructs.Construct
	function awslambda.Function
	role     awsiam.Role
	allowed  map[string]bool
}

// Provides makes the type known to jsii as a class of its own: a Go type that
// overrides a construct needs an exported method.
func (p *syncProvider) Provides() awslambda.IFunction { return p.function }

// syncProviderOf gives the stack's provider, and makes it where there is none.
func syncProviderOf(scope constructs.Construct) *syncProvider {
	stack := awscdk.Stack_Of(scope)
	if child := stack.Node().TryFindChild(new(syncProviderID)); child != nil {
		if provider, ok := child.(*syncProvider); ok {
			return provider
		}
		panic(fmt.Errorf("constructs: the id %q in stack %q is taken by another construct; rename it, the sync function needs that id", syncProviderID, *stack.Node().Path()))
	}

	arch, lambdaArch := architecture(stack)
	built, err := functionbuild.Build(arch)
	if err != nil {
		panic(fmt.Errorf("constructs: %w", err))
	}
	p := &syncProvider{allowed: map[string]bool{}}
	constructs.NewConstruct_Override(p, stack, new(syncProviderID))
	logs := awslogs.NewLogGroup(p, new("LogGroup"), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_ONE_MONTH,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	p.role = awsiam.NewRole(p, new("Role"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil),
		Description: new("The role of the function that fills secrets from SOPS files."),
	})
	// No logs:CreateLogGroup: the function's last call, a Delete, would make the
	// group again after CloudFormation removed it.
	logs.GrantWrite(p.role)
	p.function = awslambda.NewFunction(p, new("Function"), &awslambda.FunctionProps{
		Description:  new("Fills secrets from SOPS files: decrypts what the custom resources carry."),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: lambdaArch,
		Handler:      new("bootstrap"),
		Code:         awslambda.Code_FromAsset(new(built.Zip), nil),
		Role:         p.role,
		LogGroup:     logs,
		Timeout:      awscdk.Duration_Seconds(jsii.Number(syncTimeoutSeconds)),
		MemorySize:   jsii.Number(syncMemoryMiB),
		// An event that is tried again after a rollback would write the new
		// value over the one that was rolled back to.
		RetryAttempts: jsii.Number(0),
		MaxEventAge:   awscdk.Duration_Seconds(jsii.Number(60)),
	})
	return p
}

// allow adds a statement to the function's role, once.
func (p *syncProvider) allow(statement awsiam.PolicyStatement) {
	if sid := *statement.Sid(); !p.allowed[sid] {
		p.allowed[sid] = true
		p.role.AddToPrincipalPolicy(statement)
	}
}
