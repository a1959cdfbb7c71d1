package keypolicy

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// maxSessionPolicy is how long a session policy may be, in characters: see AssumeRole in
// the API reference of STS.
const maxSessionPolicy = 2048

// SessionPolicies are those for the sessions of the roles that a file names: a session may
// then do no more than decrypt with the file's own keys, whatever its role may.
type SessionPolicies struct {
	policies map[roleKey]string
}

// roleKey is a key as one role uses it.
type roleKey struct{ role, key string }

// ForSessions returns the session policies for a file. The keys of a role share one
// policy, and so one session, as long as they fit; more keys make further policies, in the
// file's order. They have no conditions on encryption contexts, for which there is no
// room: KMS checks the context itself. The replica of a multi-Region key in region is one
// more key: see [KeyARN.Replica].
func ForSessions(m *sopsfile.Metadata, region string) *SessionPolicies {
	p := &SessionPolicies{map[roleKey]string{}}
	open := map[string][]string{} // by role: the keys of the last policy
	for _, group := range m.Groups {
		for _, k := range group {
			arn, err := ParseKeyARN(k.ID)
			if k.Type != sopsfile.KMS || k.Role == "" || err != nil {
				continue
			}
			open[k.Role] = p.add(k, open[k.Role])
			if replica, ok := arn.Replica(region); ok {
				k.ID = replica
				open[k.Role] = p.add(k, open[k.Role])
			}
		}
	}
	return p
}

// add gives k the policy of the keys others of its role, if it fits, or one of its own. It
// returns the keys of that policy.
func (p *SessionPolicies) add(k sopsfile.MasterKey, others []string) []string {
	if p.policies[roleKey{k.Role, k.ID}] != "" {
		return others
	}
	keys := append(slices.Clone(others), k.ID)
	policy := sessionPolicy(keys)
	if len(policy) > maxSessionPolicy && len(others) > 0 {
		keys = []string{k.ID}
		policy = sessionPolicy(keys)
	}
	for _, key := range keys {
		p.policies[roleKey{k.Role, key}] = policy
	}
	return keys
}

// For returns the session policy with which the role of an entry is to be assumed.
func (p *SessionPolicies) For(k sopsfile.MasterKey) (string, error) {
	switch policy := p.policies[roleKey{k.Role, k.ID}]; {
	case policy == "":
		return "", fmt.Errorf("the file does not name it with this role")
	case len(policy) > maxSessionPolicy:
		return "", fmt.Errorf("its ARN is too long for a session policy of its role")
	default:
		return policy, nil
	}
}

// sessionStatement is a statement with several resources.
type sessionStatement struct {
	Effect, Action string
	Resource       []string
	Condition      Condition `json:",omitempty"`
}

// sessionPolicy allows kms:Decrypt with keys, which are ARNs: the keys in one statement,
// the aliases of an account and region in another.
func sessionPolicy(keys []string) string {
	var (
		byID       []string
		byAlias    []sessionStatement
		statements []sessionStatement
	)
	for _, key := range keys {
		arn, err := ParseKeyARN(key)
		if err != nil {
			continue // ForSessions leaves it out
		}
		if !arn.IsAlias() {
			byID = append(byID, key)
			continue
		}
		i := slices.IndexFunc(byAlias, func(s sessionStatement) bool { return s.Resource[0] == arn.AnyKey() })
		if i < 0 {
			i = len(byAlias)
			byAlias = append(byAlias, sessionStatement{"Allow", "kms:Decrypt", []string{arn.AnyKey()}, Condition{}})
		}
		byAlias[i].Condition.orAlias(arn.Resource)
	}
	if len(byID) > 0 {
		statements = append(statements, sessionStatement{"Allow", "kms:Decrypt", byID, nil})
	}
	policy, err := json.Marshal(struct {
		Version   string
		Statement []sessionStatement
	}{"2012-10-17", append(statements, byAlias...)})
	if err != nil {
		panic(err) // it holds texts alone
	}
	return string(policy)
}

// orAlias lets a statement that [Condition.ByAlias] limits apply to one more alias. A key
// that is asked for by an alias has that alias, so the two lists allow nothing mixed.
func (c Condition) orAlias(alias string) {
	for operator, key := range map[string]string{"StringEquals": "kms:RequestAlias", "ForAnyValue:StringEquals": "kms:ResourceAliases"} {
		aliases, _ := c[operator][key].([]string)
		c.add(operator, key, append(aliases, Text(alias)))
	}
}
