package keypolicy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// CheckAllowed returns an error when a file names a key, a role or a recipient that
// is not in allowed: ARNs of KMS keys, aliases and roles, age recipients, and the ids
// of any other [sopsfile.MasterKey]. A key with an encryption context is allowed with
// that context alone, as [WithContext] writes it. Whole texts are compared, except that
// an ARN in allowed may have "*" for its account: it allows that key or role in one
// account, and all that the file names by such ARNs must be in the same one. A multi-Region
// key ("mrk-…") in allowed allows its replicas: its account and id in any region.
//
// Whoever can edit the file could otherwise choose whose key the reader calls, and as
// whom; so it is checked before any call. An empty allowed refuses every key.
func CheckAllowed(m *sopsfile.Metadata, allowed []string) error {
	check := allowance{list: allowed}
	for _, group := range m.Groups {
		for _, k := range group {
			if err := check.allows(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// allowance is a list of what one file may name, and the account that its "*" stand for.
type allowance struct {
	list    []string
	account string // "" until an entry with "*" was used
}

func (a *allowance) allows(k sopsfile.MasterKey) error {
	key, withContext := "the "+string(k.Type)+" key "+filetext.Quote(k.ID), ""
	if len(k.Context) > 0 {
		key += fmt.Sprintf(" with an encryption context (%s)", strings.Join(filetext.Quoted(slices.Sorted(maps.Keys(k.Context))), ", "))
		withContext = " as KEY|NAME:VALUE"
	}
	if len(k.Context) == 0 && slices.ContainsFunc(a.list, func(entry string) bool { return strings.HasPrefix(entry, k.ID+"|") }) {
		key += " without an encryption context"
	}
	if err := a.has(WithContext(k), key, withContext); err != nil || k.Role == "" {
		return err
	}
	return a.has(k.Role, "the role "+filetext.Quote(k.Role), "")
}

// has returns an error unless name is in the list. what and as are for the message.
func (a *allowance) has(name, what, as string) error {
	account, general := anyAccount(name)
	switch {
	case account == "*": // a file's own wildcard
	case a.contains(name):
		return nil
	case account == "" || !a.contains(general):
	case a.account == "" || a.account == account:
		a.account = account
		return nil
	default:
		return fmt.Errorf("the file names %s, and another key or role in account %s; all of them must be in one account, which * stands for in the allowed keys", what, a.account)
	}
	return fmt.Errorf("the file names %s, which is not among the allowed keys%s", what, as)
}

// contains reports whether the list has the name, or a replica of it.
func (a *allowance) contains(name string) bool {
	family, isReplica := anyRegion(name)
	return slices.ContainsFunc(a.list, func(entry string) bool {
		if entry == name || !isReplica {
			return entry == name
		}
		other, ok := anyRegion(entry)
		return ok && other == family
	})
}

// anyRegion returns what all replicas of a multi-Region key have in common, with what is
// behind the key in an entry of allowed keys; "" for what is no such key.
func anyRegion(entry string) (family string, ok bool) {
	m := replicaPattern().FindStringSubmatch(entry)
	if m == nil {
		return "", false
	}
	return m[1] + m[2], true
}

// Family returns one text for an entry of allowed keys and for those of all its replicas: of
// a multi-Region key, what they have in common, and else the entry itself.
func Family(entry string) string {
	if family, ok := anyRegion(entry); ok {
		return family
	}
	return entry
}

// anyAccount returns the account of an ARN, and the ARN with "*" in its place; "" for
// what is no ARN with an account.
func anyAccount(arn string) (account, general string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[4] != "*" && !accountPattern().MatchString(parts[4]) {
		return "", ""
	}
	account, parts[4] = parts[4], "*"
	return account, strings.Join(parts, ":")
}

// CheckAllowedEntry returns an error for an entry of allowed keys that could allow
// nothing: an ARN with a wildcard anywhere but for its account.
func CheckAllowedEntry(entry string) error {
	key, _, _ := strings.Cut(entry, "|") // a context may have any text
	if _, general := anyAccount(key); general != "" {
		key = strings.Replace(general, ":*:", "::", 1)
	}
	if strings.HasPrefix(key, "arn:") && strings.ContainsAny(key, "*?") {
		return fmt.Errorf("%s has a wildcard; only the account of an ARN may be *, as in arn:aws:kms:eu-west-1:*:alias/NAME", filetext.Quote(entry))
	}
	return nil
}

// WithContext returns a key and its encryption context as they stand among allowed
// keys: KEY|NAME:VALUE,NAME:VALUE, by name, as sops writes a key on its command line. A
// backslash stands before each "\\", ":" and "," of a name or value. A key without a
// context is its id alone.
func WithContext(k sopsfile.MasterKey) string {
	if len(k.Context) == 0 {
		return k.ID
	}
	escape := strings.NewReplacer(`\`, `\\`, ":", `\:`, ",", `\,`)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(k.Context)) {
		pairs = append(pairs, escape.Replace(name)+":"+escape.Replace(k.Context[name]))
	}
	return k.ID + "|" + strings.Join(pairs, ",")
}

// Usable returns the part of a file's key groups that the function can use: KMS
// entries and, with hasIdentities, age entries, but not those of age plugins. A group
// without any stays, empty.
func Usable(m *sopsfile.Metadata, hasIdentities bool) *sopsfile.Metadata {
	usable := *m
	usable.Groups = make([]sopsfile.KeyGroup, len(m.Groups))
	for i, group := range m.Groups {
		for _, k := range group {
			if k.Type == sopsfile.KMS || k.Type == sopsfile.Age && hasIdentities && !isPlugin(k.ID) {
				usable.Groups[i] = append(usable.Groups[i], k)
			}
		}
	}
	return &usable
}

// isPlugin reports whether an age recipient is one of a plugin: "age1NAME1…", where an
// age recipient of its own kinds is "age1…", "age1pq1…" or an SSH key. In Bech32 the last
// "1" ends the name. See "Plugin recipients" in the specification of age plugins
// (C2SP/age-plugin).
func isPlugin(recipient string) bool {
	end := strings.LastIndex(recipient, "1")
	return strings.HasPrefix(recipient, "age1") && end > len("age1") && recipient[:end] != "age1pq"
}

// Openable reports how many of a file's key groups the function can open, and how
// many it needs.
func Openable(m *sopsfile.Metadata, hasIdentities bool) (can, needs int) {
	for _, group := range Usable(m, hasIdentities).Groups {
		if len(group) > 0 {
			can++
		}
	}
	return can, m.Threshold()
}

// Names returns all that a file names as master keys, as [CheckAllowed] takes it: the
// ids of its keys, with their encryption contexts, and its roles.
func Names(m *sopsfile.Metadata) []string {
	var names []string
	for _, group := range m.Groups {
		for _, k := range group {
			names = append(names, WithContext(k))
			if k.Role != "" {
				names = append(names, k.Role)
			}
		}
	}
	return names
}
