package sopsconstructs

import (
	"fmt"
	"math"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

// How long it takes to fill parameters, in seconds. SSM takes three writes a second by
// default, over all that writes in the account and region ("Parameter Store throughput" in
// the user guide of SSM; Service Quotas): the resources of a stack, which CloudFormation
// makes at once, share them. Half as much again is for others.
const (
	secondsPerParameter = 1.5 / 3
	// secondsBefore are for the file, its keys, and rights that are not seen at once.
	secondsBefore = 90
	// maxTimeoutSeconds is Lambda's own limit.
	maxTimeoutSeconds = 900
	// maxParameters is how many can be written in that time.
	maxParameters = (maxTimeoutSeconds - secondsBefore) / secondsPerParameter
)

// addParameters makes room for the parameters of one more construct in the time that the
// functions of the stack have. It panics where Lambda or the properties give them less.
func (p *SopsSyncProvider) addParameters(s *site, n int) {
	if n == 0 {
		return
	}
	stack := s.stack
	if stack.parameters += n; stack.parameters > maxParameters {
		s.fail(fmt.Errorf("the stack %q has %d parameters with these %d, and %d are the most: SSM takes 3 writes a second, and a function runs for %d s at most; put some into another stack, or several values into one parameter (SopsStringParameter) or secret",
			stack.path, stack.parameters, n, int(maxParameters), maxTimeoutSeconds))
	}
	if !p.writes {
		p.writes = true
		p.addOwnedPolicy()
		stack.writers = append(stack.writers, p)
	}
	// Whole minutes, since each change of it is one of the function and of all its resources.
	needed := math.Ceil((secondsBefore+float64(stack.parameters)*secondsPerParameter)/60) * 60
	for _, writer := range stack.writers {
		if writer.timeout >= needed {
			continue
		}
		if writer.timeoutSet {
			s.fail(fmt.Errorf("the Timeout of the SyncProvider %q is %v s, and the %d parameters of the stack may take %v s, since SSM takes 3 writes a second; set Timeout to that, or leave it out",
				writer.site.path, writer.timeout, stack.parameters, needed))
		}
		writer.setTimeout(needed)
	}
}

// setTimeout gives the function and all that waits for it more time.
func (p *SopsSyncProvider) setTimeout(seconds float64) {
	p.timeout = seconds
	p.function.Node().DefaultChild().(awslambda.CfnFunction).SetTimeout(&seconds)
	for _, sync := range p.syncs {
		sync.AddPropertyOverride(new("ServiceTimeout"), p.serviceTimeout())
	}
}

// serviceTimeout is for how long CloudFormation waits for the function, in seconds.
func (p *SopsSyncProvider) serviceTimeout() string {
	return strconv.Itoa(int(p.timeout) + serviceTimeoutMargin)
}
