package constructs

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
)

// statementText is the statement as it stands in a policy, for messages.
func (r *readableSecret) statementText(statement awsiam.PolicyStatement) string {
	text, err := json.MarshalIndent(r.plain(statement.ToStatementJson()), "", "  ")
	if err != nil {
		panic(err) // what the CDK gives is JSON
	}
	return string(text)
}

// label names a grantee in a message.
func (r *readableSecret) label(grantee awsiam.IGrantable) string {
	if construct, ok := grantee.(constructs.IConstruct); ok {
		return *construct.Node().Path()
	}
	var names []string
	for _, ids := range *grantee.GrantPrincipal().PolicyFragment().PrincipalJson() {
		for _, id := range *ids {
			names = append(names, fmt.Sprint(r.plain(*id)))
		}
	}
	return strings.Join(names, ", ")
}

// plain is v with its tokens resolved, and what only CloudFormation knows as it is
// written in Fn::Sub. The partition is that of the secret's or the key's ARN if one
// is known.
func (r *readableSecret) plain(v any) any {
	return r.withoutCalls(awscdk.Stack_Of(r.construct).Resolve(v))
}

func (r *readableSecret) withoutCalls(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = r.withoutCalls(v[i])
		}
		return list
	case map[string]any:
		if fields, wrapped := v["$jsii.map"]; wrapped { // how jsii passes a map
			return r.withoutCalls(fields)
		}
		if name, ok := v["Ref"].(string); ok {
			if name == "AWS::Partition" {
				return r.partition()
			}
			return "${" + name + "}"
		}
		if list, ok := v["Fn::GetAtt"].([]any); ok && len(list) == 2 {
			return fmt.Sprintf("${%v.%v}", list[0], list[1])
		}
		if list, ok := v["Fn::Join"].([]any); ok && len(list) == 2 {
			parts, _ := r.withoutCalls(list[1]).([]any)
			texts := make([]string, len(parts))
			for i := range parts {
				texts[i] = fmt.Sprint(parts[i])
			}
			return strings.Join(texts, fmt.Sprint(list[0]))
		}
		fields := make(map[string]any, len(v))
		for name, value := range v {
			fields[name] = r.withoutCalls(value)
		}
		return fields
	}
	return v
}

// partition is that of the secret or of its key, if it is known at synth.
func (r *readableSecret) partition() string {
	arns := []*string{r.secret.SecretArn()}
	if r.key != nil {
		arns = append(arns, r.key.KeyArn())
	}
	for _, arn := range arns {
		if parts := strings.Split(*arn, ":"); len(parts) > 1 && parts[0] == "arn" && !*awscdk.Token_IsUnresolved(&parts[1]) {
			return parts[1]
		}
	}
	return "${AWS::Partition}"
}
