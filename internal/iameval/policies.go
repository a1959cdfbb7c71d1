package iameval

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Identity are the policies of the role, user or group with this ARN in the
// stack: those of its own resource, where the stack has it, and those that are
// attached to it by name. Managed policies of AWS, permission boundaries and
// groups of a user are errors.
func (s *Stack) Identity(arn string) ([]*Document, error) {
	var documents []*Document
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		r, _ := s.resources[id].(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		var found []any
		var err error
		switch r["Type"] {
		case "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group":
			found, err = s.ownPolicies(id, arn, properties)
		case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy":
			found, err = s.attachedPolicy(arn, properties)
		}
		if err != nil {
			return nil, fmt.Errorf("%w (in %s)", err, id)
		}
		for _, unresolved := range found {
			resolved, err := s.Resolve(unresolved)
			if err != nil {
				return nil, fmt.Errorf("%w (in %s)", err, id)
			}
			d, err := ParseIdentity(resolved)
			if err != nil {
				return nil, fmt.Errorf("%w (in %s)", err, id)
			}
			documents = append(documents, d)
		}
	}
	return documents, nil
}

// ownPolicies are the policies in the resource of an identity, if it is arn's.
func (s *Stack) ownPolicies(id, arn string, properties map[string]any) ([]any, error) {
	if own, err := s.ARN(id); err != nil || own != arn {
		return nil, err
	}
	for _, unknown := range []string{"ManagedPolicyArns", "PermissionsBoundary", "Groups"} {
		if properties[unknown] != nil {
			return nil, fmt.Errorf("iameval: %s is not known here", unknown)
		}
	}
	var found []any
	inline, _ := properties["Policies"].([]any)
	for _, policy := range inline {
		policy, _ := policy.(map[string]any)
		found = append(found, policy["PolicyDocument"])
	}
	return found, nil
}

// attachedPolicy is the document of a policy resource, if it is attached to arn.
func (s *Stack) attachedPolicy(arn string, properties map[string]any) ([]any, error) {
	for property, kind := range map[string]string{"Roles": "role", "Users": "user", "Groups": "group"} {
		names, _ := properties[property].([]any)
		for _, name := range names {
			text, err := s.Text(name)
			if err != nil {
				return nil, err
			}
			if text == identityName(arn, kind) && accountOf(arn) == s.env.Account {
				return []any{properties["PolicyDocument"]}, nil
			}
		}
	}
	return nil, nil
}

// SecretPolicy is the resource policy of the secret with this ARN, or nil where
// the stack attaches none.
func (s *Stack) SecretPolicy(arn string) (*Document, error) {
	return s.policyOf("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", func(_ string, properties map[string]any) (bool, error) {
		id, err := s.Text(properties["SecretId"])
		return id == arn, err
	})
}

// KeyPolicy is the policy of the stack's KMS key with this ARN.
func (s *Stack) KeyPolicy(arn string) (*Document, error) {
	return s.policyOf("AWS::KMS::Key", "KeyPolicy", func(id string, _ map[string]any) (bool, error) {
		own, err := s.ARN(id)
		return own == arn, err
	})
}

// policyOf reads the one policy in property of the resource of type kind that is
// is looking for.
func (s *Stack) policyOf(kind, property string, is func(id string, properties map[string]any) (bool, error)) (*Document, error) {
	var found *Document
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		r, _ := s.resources[id].(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		if r["Type"] != kind {
			continue
		}
		if it, err := is(id, properties); err != nil || !it {
			if err != nil {
				return nil, fmt.Errorf("%w (in %s)", err, id)
			}
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("iameval: %s is the second policy of one resource", id)
		}
		resolved, err := s.Resolve(properties[property])
		if err != nil {
			return nil, fmt.Errorf("%w (in %s)", err, id)
		}
		if found, err = ParseResource(resolved); err != nil {
			return nil, fmt.Errorf("%w (in %s)", err, id)
		}
	}
	return found, nil
}

// AddStack adds what the stack has: its roles and users with their policies, its
// roles' trust policies, its secrets with their resource policies, and its KMS
// keys. others are the ARNs of identities that are not the stack's own, whose
// policies it may hold.
func (w *World) AddStack(s *Stack, others ...string) error {
	identities := slices.Clone(others)
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		r, _ := s.resources[id].(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		kind, _ := r["Type"].(string)
		policyOf := map[string]func(string) (*Document, error){
			"AWS::SecretsManager::Secret": s.SecretPolicy,
			"AWS::KMS::Key":               s.KeyPolicy,
			"AWS::IAM::Role": func(string) (*Document, error) {
				resolved, err := s.Resolve(properties["AssumeRolePolicyDocument"])
				if err != nil {
					return nil, err
				}
				return ParseTrust(resolved)
			},
		}[kind]
		if policyOf == nil && kind != "AWS::IAM::User" {
			continue
		}
		arn, err := s.ARN(id)
		if err != nil {
			return err
		}
		if kind == "AWS::IAM::Role" || kind == "AWS::IAM::User" {
			identities = append(identities, arn)
		}
		if policyOf == nil {
			continue
		}
		policy, err := policyOf(arn)
		if err != nil {
			return err
		}
		w.AddResource(arn, s.env.Account, policy)
	}
	for _, arn := range identities {
		documents, err := s.Identity(arn)
		if err != nil {
			return err
		}
		w.AddIdentity(arn, documents...)
	}
	return nil
}

// identityName is the name in the ARN of a role, user or group, without its path;
// "" where the ARN is of another kind.
func identityName(arn, kind string) string {
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) != arnParts || !strings.HasPrefix(parts[5], kind+"/") {
		return ""
	}
	return parts[5][strings.LastIndex(parts[5], "/")+1:]
}
