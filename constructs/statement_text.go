package sopsconstructs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// statementText returns the statement as it stands in a policy, for messages. Below it is
// what the logical ids in it stand for, which mean nothing to who adds it elsewhere.
func (s *secret) statementText(statement awsiam.PolicyStatement) string {
	document := statement.ToStatementJson()
	text, err := json.MarshalIndent(s.plain(document), "", "  ")
	if err != nil {
		panic(err) // what the CDK returns is JSON
	}
	return string(text) + s.legend(document)
}

// legend says what each reference in v to something of this app is, by the path of its
// construct; "" for none.
func (s *secret) legend(v any) string {
	lines := map[string]bool{}
	s.eachReference(v, func(text string, of awscdk.Reference) {
		path := strings.TrimSuffix(*of.Target().Node().Path(), "/Resource")
		lines[fmt.Sprintf("\nwhere %s is the %s of %q, which the deploy of its stack knows", text, *of.DisplayName(), path)] = true
	})
	return strings.Join(slices.Sorted(maps.Keys(lines)), "")
}

// eachReference calls use with each reference in v to a resource, and its text.
func (s *secret) eachReference(v any, use func(text string, of awscdk.Reference)) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			s.eachReference(item, use)
		}
	case map[string]any:
		for _, item := range v {
			s.eachReference(item, use)
		}
	case string:
		if !isToken(v) {
			return
		}
		for _, token := range *awscdk.Tokenization_ReverseString(&v).Tokens() {
			of, ok := token.(awscdk.Reference)
			if !ok {
				continue
			}
			text := fmt.Sprint(s.plain(*awscdk.Token_AsString(of, nil)))
			if strings.HasPrefix(text, "${") && !strings.HasPrefix(text, "${AWS::") {
				use(text, of)
			}
		}
	}
}

// label names a grantee in a message.
func (s *secret) label(grantee awsiam.IGrantable) string { return label(grantee, s.plain) }

func label(grantee awsiam.IGrantable, plain func(any) any) string {
	if construct, ok := grantee.(constructs.IConstruct); ok {
		return *construct.Node().Path()
	}
	var names []string
	for _, ids := range *grantee.GrantPrincipal().PolicyFragment().PrincipalJson() {
		for _, id := range *ids {
			names = append(names, fmt.Sprint(plain(*id)))
		}
	}
	return strings.Join(names, ", ")
}

// plain returns v with its tokens resolved, and what only CloudFormation knows as it
// is written in Fn::Sub. The partition is that of the secret's or the key's ARN if one
// is known.
func (s *secret) plain(v any) any {
	return cfn.Plain(s.stack.Resolve(v), func(r cfn.Reference) (string, bool) {
		if r.Function == cfn.Ref && r.Name == "AWS::Partition" {
			return s.partition()
		}
		return "", false
	})
}

// partition returns that of the secret or of its key, if it is known at synth.
func (s *secret) partition() (string, bool) {
	for _, arn := range []string{s.givenARN, s.keyARN} {
		if parts := strings.Split(arn, ":"); len(parts) > 1 && parts[0] == "arn" && !isToken(parts[1]) {
			return parts[1], true
		}
	}
	return "", false
}
