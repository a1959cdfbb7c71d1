package constructs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// keyStatements allows exactly what a file's metadata needs to be decrypted, one
// statement per KMS entry: kms:Decrypt on that key with that encryption context
// and no other, or sts:AssumeRole on the entry's role, which then has the right
// to decrypt. Keys that stand anywhere else in the file earn nothing.
func keyStatements(metadata *sopsfile.Metadata) ([]awsiam.PolicyStatement, error) {
	var statements []awsiam.PolicyStatement
	seen := map[string]bool{}
	for _, group := range metadata.Groups {
		for _, key := range group {
			if key.Type != sopsfile.KMS {
				continue
			}
			props, err := keyStatement(key)
			if err != nil {
				return nil, err
			}
			if sid := *props.Sid; !seen[sid] {
				seen[sid] = true
				statements = append(statements, awsiam.NewPolicyStatement(props))
			}
		}
	}
	return statements, nil
}

// decryptStatements allows to decrypt with keys that no file's metadata names.
func (s *SopsSecret) decryptStatements(keys []awskms.IKey) []awsiam.PolicyStatement {
	var statements []awsiam.PolicyStatement
	for _, key := range keys {
		key = s.keyBehind("a key of DecryptionKeys", key)
		statements = append(statements, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        new(statementID("SopsKey", *key.Node().Path())),
			Actions:    strs("kms:Decrypt"),
			Resources:  &[]*string{key.KeyArn()},
			Conditions: &map[string]any{"Null": map[string]any{"kms:EncryptionContextKeys": "true"}},
		}))
	}
	return statements
}

// keyBehind is the key that an alias stands for, or the key itself: the ARN of an
// alias, as the resource of a statement, matches nothing. It panics for an alias
// whose key is not known here.
func keyBehind(construct, what string, key awskms.IKey) awskms.IKey {
	alias, ok := key.(awskms.IAlias)
	if !ok {
		return key
	}
	defer func() {
		if recover() != nil {
			panic(fmt.Errorf("constructs: %s: %s is an alias whose key is not known here; pass the key itself", construct, what))
		}
	}()
	return alias.AliasTargetKey()
}

func (s *SopsSecret) keyBehind(what string, key awskms.IKey) awskms.IKey {
	return keyBehind(fmt.Sprintf("SopsSecret %q", *s.Node().Path()), what, key)
}

// The ARNs that may go into a policy. They are stricter than KMS itself needs:
// a "*" in a file must not become a wildcard in a policy.
var (
	keyARN  = regexp.MustCompile(`^arn:aws[a-z0-9-]*:kms:[a-z0-9-]+:[0-9]{12}:(key/[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+)$`)
	roleARN = regexp.MustCompile(`^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$`)
)

func keyStatement(key sopsfile.MasterKey) (*awsiam.PolicyStatementProps, error) {
	match := keyARN.FindStringSubmatch(key.ID)
	if match == nil {
		return nil, fmt.Errorf("the KMS entry %q is not the ARN of a KMS key or alias", key.ID)
	}
	if key.Role != "" {
		if !roleARN.MatchString(key.Role) {
			return nil, fmt.Errorf("the role %q of the KMS entry %q is not the ARN of an IAM role", key.Role, key.ID)
		}
		return &awsiam.PolicyStatementProps{
			Sid:       new(statementID("SopsRole", key.Role)),
			Actions:   strs("sts:AssumeRole"),
			Resources: strs(key.Role),
		}, nil
	}

	equals := map[string]any{}
	conditions := map[string]any{}
	resource := key.ID
	if alias := match[1]; strings.HasPrefix(alias, "alias/") {
		// An alias ARN as the resource of a statement matches nothing.
		resource = strings.TrimSuffix(key.ID, alias) + "key/*"
		equals["kms:RequestAlias"] = alias
		conditions["ForAnyValue:StringEquals"] = map[string]any{"kms:ResourceAliases": alias}
	}
	id := []string{key.ID}
	if len(key.Context) == 0 {
		conditions["Null"] = map[string]any{"kms:EncryptionContextKeys": "true"}
	} else {
		names := slices.Sorted(maps.Keys(key.Context))
		for i, name := range names {
			same := slices.ContainsFunc(names[:i], func(other string) bool { return strings.EqualFold(name, other) })
			if name == "" || same {
				return nil, fmt.Errorf("the encryption context of the KMS entry %q has names that IAM cannot tell apart, or an empty one", key.ID)
			}
		}
		var keys []string
		for _, name := range names {
			equals["kms:EncryptionContext:"+name] = policyText(key.Context[name])
			keys = append(keys, policyText(name))
			id = append(id, name, key.Context[name])
		}
		conditions["ForAllValues:StringEquals"] = map[string]any{"kms:EncryptionContextKeys": keys}
	}
	if len(equals) > 0 {
		conditions["StringEquals"] = equals
	}
	return &awsiam.PolicyStatementProps{
		Sid:        new(statementID("SopsKey", id...)),
		Actions:    strs("kms:Decrypt"),
		Resources:  strs(resource),
		Conditions: &conditions,
	}, nil
}

// statementID names a statement after what it allows. A statement with an id of
// its own is never merged with another by the CDK, which could widen what its
// conditions limit.
func statementID(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + strings.ToUpper(hex.EncodeToString(sum[:6]))
}

// policyText is s as a literal in a policy, where "${" would begin a variable.
// See "IAM policy elements: variables and tags" in the IAM user guide.
func policyText(s string) string { return strings.ReplaceAll(s, "${", "${$}{") }
