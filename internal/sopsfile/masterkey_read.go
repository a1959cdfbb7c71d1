package sopsfile

import (
	"errors"
	"fmt"
	"strings"
)

var errNoKeys = errors.New("the metadata names no master key, so nobody can decrypt the file")

// readGroups reads the key groups that count: the lists at the top, or else key_groups. As
// in sops, those that do not count must be well-formed, too.
func readGroups(f fields) ([]KeyGroup, error) {
	keys := 0
	top, err := readGroup(f, &keys)
	if err != nil {
		return nil, err
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
		group, err := readGroup(sub, &keys)
		if err != nil {
			return nil, err
		}
		groups = append(groups, group)
	}
	switch {
	case keys == 0:
		return nil, errNoKeys
	case len(top) > 0:
		return []KeyGroup{top}, nil
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
			return nil, metadataError(f.path(string(l.typ)), "brings the file over 200 master keys")
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
		if parts[i], err = e.word(name); err != nil {
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
		if k.Created, err = e.time("created_at"); err != nil {
			return k, err
		}
	}
	if typ != KMS {
		return k, nil
	}
	if k.Role, err = e.word("role"); err != nil {
		return k, err
	}
	if k.AWSProfile, err = e.word("aws_profile"); err != nil {
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
		if err := f.checkWord(kid.key, kid.key); err != nil {
			return nil, fmt.Errorf("%w (its name)", err)
		}
		if err := f.checkWord(kid.key, string(kid.text)); err != nil {
			return nil, err
		}
		if context == nil {
			context = make(map[string]string)
		}
		context[kid.key] = string(kid.text)
	}
	return context, nil
}
