package sopsfile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// metadataKey is the name of the entry that holds the metadata.
const metadataKey = "sops"

// metadataError is a fault of the metadata at one of its fields. Metadata is
// clear text, but its errors quote it no more than others do.
func metadataError(field, fault string) error {
	return fmt.Errorf("the metadata is not what sops writes: %q %s", field, fault)
}

var errNoKeys = errors.New("the metadata names no master key, so nobody can decrypt the file")

// fields are the entries of one map of the metadata.
type fields struct {
	name string // path for errors
	kids []node
}

func newFields(n *node, name string) (fields, error) {
	if n.kind != Map {
		return fields{}, metadataError(name, "is not a map")
	}
	return fields{name, n.kids}, nil
}

// get finds an entry; nil when it is missing or null. The official reader matches
// names without minding case, so Mac could stand for mac: that is refused.
func (f fields) get(key string) (*node, error) {
	var found *node
	for i := range f.kids {
		n := &f.kids[i]
		if n.kind == Comment || len(n.key) != len(key) || !strings.EqualFold(n.key, key) {
			continue
		}
		if n.key != key {
			return nil, metadataError(f.path(n.key), "differs from a known name in case alone")
		}
		if n.kind != Null {
			found = n
		}
	}
	return found, nil
}

func (f fields) path(key string) string {
	if f.name == "" {
		return key
	}
	return f.name + "." + key
}

// text is a string entry; "" when it is missing.
func (f fields) text(key string) (string, error) {
	n, err := f.get(key)
	if err != nil || n == nil {
		return "", err
	}
	if n.kind != String {
		return "", metadataError(f.path(key), "is not a string")
	}
	return string(n.text), nil
}

// number is a whole number, in dotenv and INI as text; 0 when it is missing.
func (f fields) number(key string) (int, error) {
	n, err := f.get(key)
	if err != nil || n == nil {
		return 0, err
	}
	v, err := strconv.Atoi(string(n.text))
	if n.kind != Int && n.kind != String || err != nil || v < 0 {
		return 0, metadataError(f.path(key), "is not a whole number from 0 up")
	}
	return v, nil
}

// flag is true or false, in dotenv and INI as text; false when it is missing.
func (f fields) flag(key string) (bool, error) {
	n, err := f.get(key)
	if err != nil || n == nil {
		return false, err
	}
	switch s := string(n.text); {
	case n.kind == Bool:
		return s == "True", nil
	case n.kind == String && s == "true":
		return true, nil
	case n.kind == String && (s == "false" || s == ""):
		return false, nil
	}
	return false, metadataError(f.path(key), "is neither true nor false")
}

// list is the items of a list. Missing, null and empty are the same: sops wrote
// all three over the years.
func (f fields) list(key string) ([]*node, error) {
	n, err := f.get(key)
	if err != nil || n == nil {
		return nil, err
	}
	switch {
	case n.kind == List:
		items := make([]*node, 0, len(n.kids))
		for i := range n.kids {
			if n.kids[i].kind != Comment {
				items = append(items, &n.kids[i])
			}
		}
		return items, nil
	case n.kind == Map && len(n.kids) == 0:
		return nil, nil
	}
	return nil, metadataError(f.path(key), "is not a list")
}

// time is a time as RFC 3339.
func (f fields) time(key string) (time.Time, error) {
	s, err := f.text(key)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, metadataError(f.path(key), "is not a time as RFC 3339")
	}
	return t, nil
}

// readMetadata reads the metadata from its entry of the file.
func readMetadata(n *node) (*Metadata, error) {
	f, err := newFields(n, "")
	if err != nil {
		return nil, metadataError(metadataKey, "is not a map")
	}
	m := &Metadata{}
	if m.LastModified, err = f.time("lastmodified"); err != nil {
		return nil, err
	}
	if m.Version, err = f.text("version"); err != nil {
		return nil, err
	}
	if m.ShamirThreshold, err = f.number("shamir_threshold"); err != nil {
		return nil, err
	}
	if m.MACOnlyEncrypted, err = f.flag("mac_only_encrypted"); err != nil {
		return nil, err
	}
	if m.Rule, err = readRule(f); err != nil {
		return nil, err
	}
	mac, err := f.text("mac")
	if err != nil {
		return nil, err
	}
	m.mac = []byte(mac)
	if kind, _, err := checkToken(m.mac, nil); err != nil || kind != String {
		return nil, metadataError("mac", "is not a complete ENC[AES256_GCM,…] token")
	}
	if m.Groups, err = readGroups(f); err != nil {
		return nil, err
	}
	if len(m.Groups) > 1 && m.ShamirThreshold > len(m.Groups) {
		return nil, metadataError("shamir_threshold", "is more than there are key groups")
	}
	return m, nil
}

func readRule(f fields) (Rule, error) {
	rule := Rule{UnencryptedSuffix, "_unencrypted"}
	count := 0
	for _, t := range [...]RuleType{
		UnencryptedSuffix, EncryptedSuffix, UnencryptedRegex, EncryptedRegex, UnencryptedCommentRegex, EncryptedCommentRegex,
	} {
		pattern, err := f.text(string(t))
		if err != nil {
			return Rule{}, err
		}
		if pattern == "" {
			continue
		}
		if count++; count > 1 {
			return Rule{}, errors.New("the metadata has more than one rule for what is encrypted")
		}
		if len(pattern) > maxPattern {
			return Rule{}, metadataError(string(t), "is over 1000 bytes")
		}
		rule = Rule{t, pattern}
	}
	switch rule.Type {
	case UnencryptedSuffix, EncryptedSuffix:
	default:
		if _, err := regexp.Compile(rule.Pattern); err != nil {
			return Rule{}, metadataError(string(rule.Type), "is not a regular expression of Go")
		}
	}
	return rule, nil
}

// readGroups reads the key groups that count.
func readGroups(f fields) ([]KeyGroup, error) {
	keys := 0
	group, err := readGroup(f, &keys)
	if err != nil {
		return nil, err
	}
	if len(group) > 0 {
		return []KeyGroup{group}, nil
	}
	items, err := f.list("key_groups")
	if err != nil {
		return nil, err
	}
	if len(items) > maxGroups {
		return nil, metadataError("key_groups", "has over 255 groups")
	}
	var groups []KeyGroup
	for i, item := range items {
		sub, err := newFields(item, fmt.Sprintf("key_groups[%d]", i))
		if err != nil {
			return nil, err
		}
		if group, err = readGroup(sub, &keys); err != nil {
			return nil, err
		}
		groups = append(groups, group)
	}
	if keys == 0 {
		return nil, errNoKeys
	}
	return groups, nil
}

// keyLists are the lists of a group in the order that sops reads them in, each
// with the fields that name the key.
var keyLists = [...]struct {
	typ     KeyType
	id      []string
	created bool
}{
	{KMS, []string{"arn"}, true},
	{GCPKMS, []string{"resource_id"}, true},
	{HCKMS, []string{"key_id"}, true},
	{AzureKV, []string{"vault_url", "name", "version"}, true},
	{HCVault, []string{"vault_address", "engine_path", "key_name"}, true},
	{PGP, []string{"fp"}, true},
	{Age, []string{"recipient"}, false},
}

func readGroup(f fields, keys *int) (KeyGroup, error) {
	var group KeyGroup
	for _, l := range keyLists {
		items, err := f.list(string(l.typ))
		if err != nil {
			return nil, err
		}
		if *keys += len(items); *keys > maxKeys {
			return nil, metadataError(f.path(string(l.typ)), "brings the file over 1000 master keys")
		}
		for i, item := range items {
			e, err := newFields(item, fmt.Sprintf("%s[%d]", f.path(string(l.typ)), i))
			if err != nil {
				return nil, err
			}
			k, err := readKey(e, l.typ, l.id, l.created)
			if err != nil {
				return nil, err
			}
			group = append(group, k)
		}
	}
	return group, nil
}

func readKey(e fields, typ KeyType, id []string, created bool) (MasterKey, error) {
	k := MasterKey{Type: typ}
	parts := make([]string, len(id))
	for i, name := range id {
		var err error
		if parts[i], err = e.text(name); err != nil {
			return k, err
		}
	}
	k.ID = strings.Join(parts, "/")
	if typ == AzureKV && parts[2] == "" { // the newest version of the key
		k.ID = strings.Join(parts[:2], "/")
	}
	if typ == HCKMS {
		// The official reader refuses the file when this is no REGION:ID.
		if region, key, ok := strings.Cut(k.ID, ":"); !ok || region == "" || key == "" {
			return k, metadataError(e.path("key_id"), "is not REGION:KEY")
		}
	}
	var err error
	if k.EncryptedDataKey, err = e.text("enc"); err != nil {
		return k, err
	}
	if created {
		if _, err := e.time("created_at"); err != nil {
			return k, err
		}
	}
	if typ != KMS {
		return k, nil
	}
	if k.Role, err = e.text("role"); err != nil {
		return k, err
	}
	if k.AWSProfile, err = e.text("aws_profile"); err != nil {
		return k, err
	}
	k.Context, err = readContext(e)
	return k, err
}

// readContext reads the encryption context of a KMS entry; nil when it has none.
func readContext(e fields) (map[string]string, error) {
	n, err := e.get("context")
	if err != nil || n == nil {
		return nil, err
	}
	f, err := newFields(n, e.path("context"))
	if err != nil {
		return nil, err
	}
	var context map[string]string
	for i := range f.kids {
		kid := &f.kids[i]
		if kid.kind == Comment {
			continue
		}
		if kid.kind != String {
			return nil, metadataError(f.path(kid.key), "is not a string")
		}
		if context == nil {
			context = make(map[string]string)
		}
		context[kid.key] = string(kid.text)
	}
	return context, nil
}

// extractMetadata takes the metadata out of the first document, and out of the
// others, which repeat it: the first counts.
func extractMetadata(docs []node) (*node, error) {
	var found *node
	for d := range docs {
		kids := docs[d].kids
		i := slices.IndexFunc(kids, func(n node) bool { return n.kind != Comment && n.key == metadataKey })
		if i < 0 {
			if d == 0 {
				return nil, ErrNotEncrypted
			}
			continue
		}
		if d == 0 {
			n := kids[i]
			found = &n
		}
		docs[d].kids = slices.Delete(kids, i, i+1)
		if slices.ContainsFunc(docs[d].kids, func(n node) bool { return n.kind != Comment && n.key == metadataKey }) {
			return nil, metadataError(metadataKey, "stands twice")
		}
	}
	if found == nil {
		return nil, ErrNotEncrypted
	}
	return found, nil
}
