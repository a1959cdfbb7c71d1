package keypolicy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Condition is the Condition of a statement: operators, each with condition keys and
// their values.
type Condition map[string]map[string]any

// Statement is an Allow statement of a policy, in the order in which one writes it.
type Statement struct {
	// Sid names the statement after what it allows: see [StatementID].
	Sid       string `json:",omitempty"`
	Effect    string
	Action    string
	Resource  string
	Condition Condition `json:",omitempty"`
}

// String returns the statement as one line of JSON.
func (s Statement) String() string {
	line, err := json.Marshal(s)
	if err != nil {
		panic(err) // it holds texts alone
	}
	return string(line)
}

// ForFile returns what a principal needs to decrypt with the KMS entries of a file's
// key groups: one statement for each different entry, in the file's order. Of a
// multi-Region key there is one for its replica in region, too: see [KeyARN.Replica]; ""
// stands for no region.
func ForFile(m *sopsfile.Metadata, region string) ([]Statement, error) {
	var statements, replicas []Statement
	seen := map[string]bool{}
	for _, group := range m.Groups {
		for _, key := range group {
			if key.Type != sopsfile.KMS {
				continue
			}
			s, err := ForKey(key)
			if err != nil {
				return nil, err
			}
			if seen[s.what()] {
				continue
			}
			seen[s.what()] = true
			statements = append(statements, s)
			if replica, ok := forReplica(s, key, region); ok {
				replicas = append(replicas, replica)
			}
		}
	}
	for _, s := range replicas {
		if !seen[s.what()] { // the file names it, or several keys have it
			seen[s.what()] = true
			statements = append(statements, s)
		}
	}
	return statements, nil
}

// what is what the statement allows.
func (s Statement) what() string {
	s.Sid = ""
	return s.String()
}

// ForKey returns what a principal needs to use one KMS entry: sts:AssumeRole on the
// entry's role, or, where it has none, kms:Decrypt on its key with its encryption
// context and no other.
func ForKey(k sopsfile.MasterKey) (Statement, error) {
	arn, err := ParseKeyARN(k.ID)
	if err != nil {
		return Statement{}, fmt.Errorf("the KMS entry %w", err)
	}
	if k.Role != "" {
		if err := CheckRoleARN(k.Role); err != nil {
			return Statement{}, fmt.Errorf("the role of the KMS entry %s: %w", filetext.Quote(k.ID), err)
		}
		return assumeRole(k.Role), nil
	}
	if err := CheckContext(k.Context); err != nil {
		return Statement{}, fmt.Errorf("the encryption context of the KMS entry %s %w", filetext.Quote(k.ID), err)
	}
	s := decrypt(k, arn)
	s.Sid = KeyStatementID(k.ID, k.Context)
	s.Condition.values(k.Context)
	return s, nil
}

// forReplica returns the statement s of an entry for its key's replica in region, if there
// can be one. An entry with a role needs no other: the role is what it needs.
func forReplica(s Statement, k sopsfile.MasterKey, region string) (Statement, bool) {
	arn, err := ParseKeyARN(k.ID)
	if err != nil || k.Role != "" {
		return Statement{}, false
	}
	replica, ok := arn.Replica(region)
	// The id must not depend on the region, which may be another text in each synthesis.
	s.Sid, s.Resource = StatementID("SopsReplica", s.Sid), replica
	return s, ok
}

// KeyStatementID returns the id of the statement for a key with an encryption context.
func KeyStatementID(key string, context map[string]string) string {
	id := []string{key}
	for _, name := range slices.Sorted(maps.Keys(context)) {
		id = append(id, name, context[name])
	}
	return StatementID("SopsKey", id...)
}

// CheckContext returns an error for an encryption context that IAM cannot require. It goes
// on after the name of what has the context.
func CheckContext(context map[string]string) error {
	names := slices.Sorted(maps.Keys(context))
	for i, name := range names {
		same := slices.ContainsFunc(names[:i], func(other string) bool { return strings.EqualFold(name, other) })
		if name == "" || same {
			return errors.New("has names that IAM cannot tell apart, or an empty one")
		}
	}
	return nil
}

// Missing returns the statement that a principal lacks who was denied k: that of
// [ForKey] without an id and without the values of the encryption context, which
// are not printed.
func Missing(k sopsfile.MasterKey, action string) Statement {
	if action == "sts:AssumeRole" {
		s := assumeRole(k.Role)
		s.Sid = ""
		return s
	}
	arn, err := ParseKeyARN(k.ID)
	if err != nil { // then nobody was asked
		return Statement{Effect: "Allow", Action: action, Resource: k.ID}
	}
	return decrypt(k, arn)
}

func assumeRole(role string) Statement {
	return Statement{Sid: StatementID("SopsRole", role), Effect: "Allow", Action: "sts:AssumeRole", Resource: role}
}

// decrypt allows kms:Decrypt with the key and the names of its encryption context.
func decrypt(k sopsfile.MasterKey, arn KeyARN) Statement {
	s := Statement{Effect: "Allow", Action: "kms:Decrypt", Resource: k.ID, Condition: Condition{}}
	if arn.IsAlias() {
		s.Resource = arn.AnyKey()
		s.Condition.ByAlias(arn.Resource)
	}
	s.Condition.names(k.Context)
	return s
}

// WithContext limits a statement to calls with this encryption context and no other; for
// an empty one, to calls without.
func (c Condition) WithContext(context map[string]string) {
	c.names(context)
	c.values(context)
}

func (c Condition) names(context map[string]string) {
	if len(context) == 0 {
		c.WithoutContext()
		return
	}
	names := slices.Sorted(maps.Keys(context))
	for i := range names {
		names[i] = Text(names[i])
	}
	c.add("ForAllValues:StringEquals", "kms:EncryptionContextKeys", names)
}

func (c Condition) values(context map[string]string) {
	for name, value := range context {
		c.add("StringEquals", "kms:EncryptionContext:"+name, Text(value))
	}
}

// ByAlias limits a statement on keys to the one that has the alias ("alias/NAME"),
// asked for by that alias. The ARN of an alias as the resource of a statement
// matches nothing, so the resource is "key/*".
func (c Condition) ByAlias(alias string) {
	c.add("StringEquals", "kms:RequestAlias", Text(alias))
	c.add("ForAnyValue:StringEquals", "kms:ResourceAliases", Text(alias))
}

// WithoutContext limits a statement to calls without an encryption context.
func (c Condition) WithoutContext() { c.add("Null", "kms:EncryptionContextKeys", "true") }

func (c Condition) add(operator, key string, value any) {
	if c[operator] == nil {
		c[operator] = map[string]any{}
	}
	c[operator][key] = value
}

// StatementID returns an id for a statement: prefix and a hash of what it allows. A
// statement with an id of its own is never merged with another by the CDK, which
// could widen what its conditions limit.
func StatementID(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + strings.ToUpper(hex.EncodeToString(sum[:6]))
}

// Text returns s as a literal in a policy, where "${" would begin a variable. See
// "IAM policy elements: variables and tags" in the IAM user guide.
func Text(s string) string { return strings.ReplaceAll(s, "${", "${$}{") }
