package sopsconstructs

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// right is a statement of the function's policy as plain data. Its texts may hold
// tokens of the CDK.
type right struct {
	sid        string // names the statement after what it allows; "" for none
	effect     string // "Allow" for ""
	actions    []string
	resource   string
	resources  []string // instead of resource, if there are several
	conditions keypolicy.Condition
}

// rightTo returns the right that a statement of package keypolicy describes.
func rightTo(s keypolicy.Statement) right {
	return right{sid: s.Sid, actions: []string{s.Action}, resource: s.Resource, conditions: s.Condition}
}

// document returns the right as a statement of a policy, in the form that the CDK
// takes. One action stands without a list, as the CDK writes it.
func (r right) document() map[string]any {
	effect := r.effect
	if effect == "" {
		effect = "Allow"
	}
	statement := map[string]any{"Effect": effect, "Action": r.actions, "Resource": r.resource}
	if r.sid != "" {
		statement["Sid"] = r.sid
	}
	if len(r.actions) == 1 {
		statement["Action"] = r.actions[0]
	}
	if r.resources != nil {
		statement["Resource"] = r.resources
	}
	if len(r.conditions) > 0 {
		statement["Condition"] = r.conditions
	}
	return plainJSON(statement)
}

// plainJSON returns v in the types of package json alone, which jsii passes on.
func plainJSON(v any) map[string]any {
	var fields map[string]any
	encoded, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(encoded, &fields)
	}
	if err != nil {
		panic(err) // it holds texts, lists and maps
	}
	return fields
}

// tokenLength is what a value that is known at deploy alone may grow to, in
// characters: an ARN with names of usual length.
const tokenLength = 150

var token = regexp.MustCompile(`\$\{Token\[[^\]]*\]\}`)

// lengthOf returns what a token may grow to. The CDK names those of a stack's
// environment after what they stand for.
func lengthOf(token string) int {
	for name, longest := range map[string]string{
		"AWS.Partition": "aws-us-gov", "AWS.Region": "ap-southeast-1", "AWS.AccountId": "111122223333",
	} {
		if strings.HasPrefix(token, "${Token["+name+".") {
			return len(longest)
		}
	}
	return tokenLength
}

// size returns how many characters of a policy the right takes at most.
func (r right) size() int {
	encoded, err := json.Marshal(r.document())
	if err != nil {
		panic(err)
	}
	return textSize(string(encoded)) + 1 // a comma
}

// textSize returns how many characters a text has at most, tokens included.
func textSize(text string) int {
	size := len(text)
	for _, t := range token.FindAllString(text, -1) {
		size += lengthOf(t) - len(t)
	}
	return size
}

// The rights of the function, all of them: to decrypt the files, to fetch them, to
// write the targets, to read age identities, to log, and to stand in a network.

// decryptRights let the function decrypt a file with KMS: by what the file's
// metadata names, or, for a file that is in a bucket alone, with DecryptionKeys.
func decryptRights(s *site, file sourceFile) []right {
	var rights []right
	for _, need := range file.Needs {
		rights = append(rights, rightTo(need))
	}
	for _, key := range file.DecryptionKeys {
		key, arn := s.aliasTarget("a key of DecryptionKeys", key)
		conditions := keypolicy.Condition{}
		conditions.WithContext(file.DecryptionContext)
		decrypt := right{
			sid:        keypolicy.KeyStatementID(*key.Node().Path(), file.DecryptionContext),
			actions:    []string{"kms:Decrypt"},
			resource:   arn,
			conditions: conditions,
		}
		rights = append(rights, decrypt)
		if parsed, err := keypolicy.ParseKeyARN(arn); err == nil { // a token's key is not known
			if replica, ok := parsed.Replica(s.stack.region); ok {
				decrypt.sid, decrypt.resource = keypolicy.StatementID("SopsReplica", decrypt.sid), replica
				rights = append(rights, decrypt)
			}
		}
	}
	return rights
}

// objectRight lets the function read one object, which id tells from others.
func objectRight(objectARN string, id ...string) right {
	return right{sid: keypolicy.StatementID("SopsFile", id...), actions: []string{"s3:GetObject"}, resource: objectARN}
}

// secretRights let the function fill one secret. pattern is what IAM matches the
// secret's ARN with.
func secretRights(s *secret, pattern string) []right {
	rights := []right{{
		sid: keypolicy.StatementID("SopsSecret", s.path),
		actions: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
			"secretsmanager:UpdateSecretVersionStage"},
		resource: pattern,
	}}
	if s.key != nil {
		rights = append(rights, viaRight(s.stack, keypolicy.StatementID("SopsSecretKey", s.path), "secretsmanager", s.keyARN, "kms:Decrypt", "kms:GenerateDataKey"))
	}
	return rights
}

// maxResources is how many characters of a statement name resources, unless one takes more:
// two such statements fit into a managed policy.
const maxResources = 2_400

// inStatements divides the resources of a statement among as many as it takes.
func inStatements(resources []string) [][]string {
	var all [][]string
	room := 0
	for _, resource := range resources {
		size := textSize(resource) + len(`"",`)
		if room -= size; room < 0 {
			room = maxResources - size
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], resource)
	}
	return all
}

// parameterRights let the function fill parameters, and no others; see [ownedRights] for
// what it may do with them afterwards. The key is limited to
// the parameters below the prefix: SSM uses it for those alone that the other statements
// name, and to name each twice would fill the policies.
func parameterRights(p *parameters) []right {
	var rights []right
	arns := make([]string, len(p.names))
	for i, name := range p.names {
		arns[i] = p.arnOf(name.Name)
	}
	first := 0
	for _, some := range inStatements(arns) {
		rights = append(rights, right{
			// By its first name, and not by that one's ARN: tokens differ from one synth to the next.
			sid:       keypolicy.StatementID("SopsParameters", p.path, p.names[first].Name),
			actions:   []string{"ssm:AddTagsToResource", "ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter"},
			resources: some,
		})
		first += len(some)
	}
	if p.key != nil {
		rights = append(rights, right{
			sid:        keypolicy.StatementID("SopsParametersKey", p.path),
			actions:    []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}, // the last for the advanced tier
			resource:   p.keyARN,
			conditions: p.keyConditions(p.stack.region, p.arnOf(p.root), p.many),
		})
	}
	return rights
}

// ownedRights let the function remove parameters, or give them back, that the template
// names no more: CloudFormation updates the function's policies before it asks for that.
// The tag of the stack says which they are, so IAM itself keeps the function from
// removing others. Whose a parameter is that it may not touch is in its tags.
func ownedRights(stack *stackState) []right {
	all := stack.parametersARN() + "*"
	return []right{
		{
			sid: "SopsOwnedParameters",
			actions: []string{"ssm:AddTagsToResource", "ssm:DeleteParameters", "ssm:GetParameter", "ssm:PutParameter",
				"ssm:RemoveTagsFromResource"},
			resource:   all,
			conditions: keypolicy.Condition{"StringEquals": {"aws:ResourceTag/" + syncprotocol.TagStack: *stack.StackId()}},
		},
		{sid: "SopsParameterTags", actions: []string{"ssm:ListTagsForResource"}, resource: all},
	}
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
		if place.keyARN != "" {
			rights = append(rights, viaRight(stack, keypolicy.StatementID("SopsAgeKey", path), place.service, place.keyARN, "kms:Decrypt"))
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
