package masterkey

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// statement is what a policy lacks, in the order in which one writes it.
type statement struct {
	Effect, Action, Resource string
	Condition                map[string]map[string]any `json:",omitempty"`
}

// missing is the statement that the caller's policy lacks to use k, as one line of
// JSON. The keys of the encryption context stand in it, their values do not.
func (r request) missing() string {
	s := statement{Effect: "Allow", Action: r.action, Resource: r.key.Role}
	if r.action != "sts:AssumeRole" {
		s.Resource = r.key.ID
		s.Condition = map[string]map[string]any{}
		// An alias is no resource of a statement: the key is named by its aliases.
		if i := strings.Index(r.key.ID, ":alias/"); i >= 0 {
			s.Resource = r.key.ID[:i] + ":key/*"
			alias := literal(r.key.ID[i+1:])
			s.Condition["StringEquals"] = map[string]any{"kms:RequestAlias": alias}
			s.Condition["ForAnyValue:StringEquals"] = map[string]any{"kms:ResourceAliases": alias}
		}
		if len(r.key.Context) > 0 {
			names := slices.Sorted(maps.Keys(r.key.Context))
			for i := range names {
				names[i] = literal(names[i])
			}
			s.Condition["ForAllValues:StringEquals"] = map[string]any{"kms:EncryptionContextKeys": names}
		}
	}
	line, _ := json.Marshal(s) // texts alone
	return string(line)
}

// literal is text as a policy has to write it, where ${ begins a variable.
func literal(text string) string { return strings.ReplaceAll(text, "${", "${$}{") }
