package sopsfile

import (
	"errors"
	"slices"
)

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
	if m.Version, err = f.version(); err != nil {
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
	if kind, _, err := checkToken(m.mac, nil); err != nil || kind != String || len(mac) > maxMAC {
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
	return rule, nil
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
