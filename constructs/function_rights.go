package sopsconstructs

import (
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
)

// The rights of the function, all of them: to decrypt the files, to fetch them, to
// write the targets, to read age identities, to log, and to stand in a network.

// decryptRights let the function decrypt a file with KMS: by what the file's
// metadata names, or, for a file that is in a bucket alone, with DecryptionKeys.
func decryptRights(s *site, src source) []right {
	var rights []right
	for _, need := range src.needs {
		rights = append(rights, rightTo(need))
	}
	for _, key := range src.DecryptionKeys {
		key = s.aliasTarget("a key of DecryptionKeys", key)
		withoutContext := keypolicy.Condition{}
		withoutContext.WithoutContext()
		rights = append(rights, right{
			sid:        keypolicy.StatementID("SopsKey", *key.Node().Path()),
			actions:    []string{"kms:Decrypt"},
			resource:   *key.KeyArn(),
			conditions: withoutContext,
		})
	}
	return rights
}

// objectRight lets the function read one object.
func objectRight(s *site, objectARN string) right {
	return right{sid: keypolicy.StatementID("SopsFile", s.path), actions: []string{"s3:GetObject"}, resource: objectARN}
}

// secretRights let the function fill one secret. pattern is what IAM matches the
// secret's ARN with.
func secretRights(s *secret, pattern string) []right {
	rights := []right{{
		sid:      keypolicy.StatementID("SopsSecret", s.path),
		actions:  []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"},
		resource: pattern,
	}}
	if s.key != nil {
		rights = append(rights, viaRight(s.stack, keypolicy.StatementID("SopsSecretKey", s.path), "secretsmanager", s.keyARN, "kms:Decrypt", "kms:GenerateDataKey"))
	}
	return rights
}

// viaRight lets the function use a key through one service of the stack's region
// alone.
func viaRight(stack *stackState, sid, service, keyARN string, actions ...string) right {
	return right{
		sid: sid, actions: actions, resource: keyARN,
		conditions: keypolicy.Condition{"StringEquals": {"kms:ViaService": viaService(stack.region, stack, service)}},
	}
}

// identityRights let the function read the places of age identities.
func identityRights(stack *stackState, identities []*AgeIdentity) []right {
	var rights []right
	for _, place := range identities {
		path := *place.node.Path()
		rights = append(rights, right{
			sid: keypolicy.StatementID("SopsAge", path), actions: []string{place.action}, resource: place.resource,
		})
		if place.key != nil {
			rights = append(rights, viaRight(stack, keypolicy.StatementID("SopsAgeKey", path), place.service, *place.key.KeyArn(), "kms:Decrypt"))
		}
	}
	return rights
}

// logRight lets the function log. It has no logs:CreateLogGroup: the function's last
// call, a Delete, would make the group again after CloudFormation removed it.
func logRight(groupARN string) right {
	return right{sid: "SopsLogs", actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, resource: groupARN}
}

// networkRights are what Lambda needs of the role to put a function into a network,
// and a Deny of the same for the function's own code, whose calls name a function as
// their source; those of the Lambda service do not. Lambda's managed policy is not
// used, since it allows logs:CreateLogGroup. See "Giving Lambda functions access to
// resources in an Amazon VPC" in the Lambda developer guide.
func networkRights() []right {
	actions := []string{"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
		"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"}
	return []right{
		{sid: "SopsNetwork", actions: actions, resource: "*"},
		{sid: "SopsNoNetworkOfItsOwn", effect: "Deny", actions: actions, resource: "*",
			conditions: keypolicy.Condition{"Null": {"lambda:SourceFunctionArn": "false"}}},
	}
}

// resourceText returns s as a literal in the resource of a policy, where "*" and "?"
// are wildcards and "$" begins a variable. What a token in it stands for is not
// known here, and its own "$" stays.
func resourceText(s string) string {
	escapes := []string{"*", "${*}", "?", "${?}"}
	if !isToken(s) {
		escapes = append(escapes, "$", "${$}")
	}
	return strings.NewReplacer(escapes...).Replace(s)
}
