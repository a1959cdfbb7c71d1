package sopsconstructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
	"github.com/ebb7bed6/sopscdk/internal/render"
)

// grantRead allows grantee to read these parameters, and to decrypt them where a
// customer-managed key encrypts them.
func (p *parameters) grantRead(grantee awsiam.IGrantable, names []render.ParameterName) awsiam.Grant {
	who := p.readerOf(p.stack.env, grantee)
	if who.ofAccount == different {
		p.fail(fmt.Errorf("%q is in another account, %s, and a SecureString cannot be read from there by a policy; let it assume a role of this account, or use a SopsSecret with an EncryptionKey", p.label(grantee), who.account))
	}
	if who.stack != nil && who.stack != p.stack {
		p.checkEnvironments(who.stack)
	}
	root := p.arn + p.syncedEnd(p.root)
	if who.elsewhere {
		// A stack elsewhere cannot refer to the sync. Names are known, so only the order is said.
		p.deployBefore(who.stack)
		root = p.arnOf(p.root)
	}
	var arns []string
	for _, name := range names {
		arns = append(arns, root+strings.TrimPrefix(name.Name, p.root))
	}
	var grant awsiam.Grant
	for _, some := range inStatements(arns) {
		each := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
			Grantee: grantee, Actions: jsii.Strings("ssm:GetParameter", "ssm:GetParameters"), ResourceArns: jsii.Strings(some...),
		})
		switch {
		case !*each.Success():
			p.fail(fmt.Errorf("%q takes no policy, and a parameter has none of its own that could name it; grant to the role that reads", p.label(grantee)))
		case grant == nil:
			grant = each
		default:
			grant = grant.Combine(each)
		}
	}
	if grant == nil { // where the command does not need the stack
		return awsiam.Grant_Drop(grantee, new("the names of the parameters are not known"))
	}
	if p.key != nil {
		p.grantDecrypt(who, root, arns)
	}
	return grant
}

// grantDecrypt allows the reader to decrypt these parameters, which are one or all of
// them, through SSM alone.
func (p *parameters) grantDecrypt(who reader, root string, arns []string) {
	conditions := p.keyConditions(who.region, arns[0], false)
	if len(arns) > 1 {
		conditions = p.keyConditions(who.region, root, true)
	}
	key := p.keyARN
	if who.elsewhere && isToken(key) { // a stack elsewhere cannot refer to the key
		key = p.stack.anyKey(who.region)
	}
	who.principal.AddToPrincipalPolicy(awsiam.PolicyStatement_FromJson(right{actions: []string{"kms:Decrypt"}, resource: key, conditions: conditions}.document()))
}

// label names a grantee in a message.
func (p *parameters) label(grantee awsiam.IGrantable) string {
	return label(grantee, func(v any) any { return cfn.Plain(p.stack.Resolve(v), nil) })
}
