package creationrules

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// keyGroup is an entry of key_groups.
type keyGroup struct {
	Merge []keyGroup `yaml:"merge"`
	KMS   []struct {
		ARN        string             `yaml:"arn"`
		Role       string             `yaml:"role"`
		Context    map[string]*string `yaml:"context"`
		AWSProfile string             `yaml:"aws_profile"`
	} `yaml:"kms"`
	Age    []string `yaml:"age"`
	PGP    []string `yaml:"pgp"`
	GCPKMS []struct {
		ResourceID string `yaml:"resource_id"`
	} `yaml:"gcp_kms"`
	HCKMS []struct {
		KeyID string `yaml:"key_id"`
	} `yaml:"hckms"`
	AzureKV []struct {
		VaultURL string `yaml:"vaultUrl"`
		Key      string `yaml:"key"`
		Version  string `yaml:"version"`
	} `yaml:"azure_keyvault"`
	Vault []string `yaml:"hc_vault"`
}

// maxMerge is how deep groups are merged at most.
const maxMerge = 20

// keys returns the master keys of a group, each once.
func (g keyGroup) keys(depth int) (sopsfile.KeyGroup, error) {
	if depth > maxMerge {
		return nil, errors.New("its merge goes too deep")
	}
	var keys sopsfile.KeyGroup
	for _, inner := range g.Merge {
		merged, err := inner.keys(depth + 1)
		if err != nil {
			return nil, err
		}
		keys = append(keys, merged...)
	}
	for _, k := range g.KMS {
		key := sopsfile.MasterKey{Type: sopsfile.KMS, ID: k.ARN, Role: k.Role, AWSProfile: k.AWSProfile}
		for name, value := range k.Context {
			if key.Context == nil {
				key.Context = map[string]string{}
			}
			if value != nil {
				key.Context[name] = *value
			}
		}
		keys = append(keys, key)
	}
	for _, k := range g.GCPKMS {
		keys = append(keys, sopsfile.MasterKey{Type: sopsfile.GCPKMS, ID: strings.ReplaceAll(k.ResourceID, " ", "")})
	}
	for _, k := range g.HCKMS {
		keys = append(keys, sopsfile.MasterKey{Type: sopsfile.HCKMS, ID: k.KeyID})
	}
	for _, k := range g.AzureKV {
		keys = append(keys, azureKey(k.VaultURL, k.Key, k.Version))
	}
	for _, uri := range g.Vault {
		key, err := vaultKey(uri)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	for _, fingerprint := range g.PGP {
		keys = append(keys, pgpKey(fingerprint))
	}
	for _, recipients := range g.Age {
		keys = append(keys, ageKeys(recipients)...)
	}
	var once sopsfile.KeyGroup
	for _, k := range keys {
		if !slices.ContainsFunc(once, func(o sopsfile.MasterKey) bool { return o.Same(k) }) {
			once = append(once, k)
		}
	}
	return once, nil
}

// keys returns the master keys of a rule without key groups.
func (r *creationRule) keys() (sopsfile.KeyGroup, error) {
	var keys sopsfile.KeyGroup
	for _, list := range []struct {
		name string
		of   any
		key  func(string) (sopsfile.MasterKey, error)
	}{
		{"kms", r.KMS, func(s string) (sopsfile.MasterKey, error) { return kmsKey(s, r.AWSProfile), nil }},
		{"gcp_kms", r.GCPKMS, func(s string) (sopsfile.MasterKey, error) {
			return sopsfile.MasterKey{Type: sopsfile.GCPKMS, ID: strings.ReplaceAll(s, " ", "")}, nil
		}},
		{"hckms", r.HCKMS, func(s string) (sopsfile.MasterKey, error) {
			return sopsfile.MasterKey{Type: sopsfile.HCKMS, ID: s}, nil
		}},
		{"azure_keyvault", r.AzureKV, azureURL},
		{"hc_vault_transit_uri", r.Vault, vaultKey},
		{"pgp", r.PGP, func(s string) (sopsfile.MasterKey, error) { return pgpKey(s), nil }},
		{"age", r.Age, func(s string) (sopsfile.MasterKey, error) { return ageKeys(s)[0], nil }},
	} {
		texts, err := texts(list.of)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", list.name, err)
		}
		for _, text := range texts {
			key, err := list.key(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", list.name, err)
			}
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// texts returns the keys of a list, or of a text with commas, of which an item of a list
// may have some too.
func texts(v any) ([]string, error) {
	var items []string
	switch v := v.(type) {
	case nil:
	case string:
		items = []string{v}
	case []any:
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, errors.New("it is neither a text nor a list of texts")
			}
			items = append(items, s)
		}
	default:
		return nil, errors.New("it is neither a text nor a list of texts")
	}
	var found []string
	for _, item := range items {
		for text := range strings.SplitSeq(item, ",") {
			if text = strings.TrimSpace(text); text != "" {
				found = append(found, text)
			}
		}
	}
	return found, nil
}

// kmsKey returns the key of KEY or KEY+ROLE.
func kmsKey(s, profile string) sopsfile.MasterKey {
	arn, role, _ := strings.Cut(strings.ReplaceAll(s, " ", ""), "+arn:")
	if role != "" {
		role = "arn:" + role
	}
	return sopsfile.MasterKey{Type: sopsfile.KMS, ID: arn, Role: role, AWSProfile: profile}
}

func pgpKey(fingerprint string) sopsfile.MasterKey {
	return sopsfile.MasterKey{Type: sopsfile.PGP, ID: strings.ReplaceAll(fingerprint, " ", "")}
}

func ageKeys(recipients string) []sopsfile.MasterKey {
	var keys []sopsfile.MasterKey
	for recipient := range strings.SplitSeq(recipients, ",") {
		keys = append(keys, sopsfile.MasterKey{Type: sopsfile.Age, ID: strings.TrimSpace(recipient)})
	}
	return keys
}

// azureKey returns a key of Azure. A rule may leave the version out: sops asks for the
// newest one then, and writes it into the file.
func azureKey(vault, name, version string) sopsfile.MasterKey {
	id := vault + "/" + name
	if version != "" {
		id += "/" + version
	}
	return sopsfile.MasterKey{Type: sopsfile.AzureKV, ID: id}
}

// azureURL returns the key of https://VAULT/keys/NAME/VERSION.
func azureURL(s string) (sopsfile.MasterKey, error) {
	host, rest, ok := strings.Cut(strings.TrimPrefix(s, "https://"), "/keys/")
	name, version, _ := strings.Cut(rest, "/")
	if !ok || host == s || host == "" || name == "" || strings.Contains(host+version, "/") {
		return sopsfile.MasterKey{}, errors.New("it has a key that is not https://VAULT/keys/NAME/VERSION")
	}
	return azureKey("https://"+host, name, version), nil
}

// vaultKey returns the key of https://HOST/v1/ENGINE/keys/NAME.
func vaultKey(s string) (sopsfile.MasterKey, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" {
		return sopsfile.MasterKey{}, errors.New("it has a key that is not https://HOST/v1/ENGINE/keys/NAME")
	}
	parts := strings.Split(strings.Trim(u.RequestURI(), "/"), "/")
	if len(parts) < 4 {
		return sopsfile.MasterKey{}, errors.New("it has a key that is not https://HOST/v1/ENGINE/keys/NAME")
	}
	u.Path = ""
	engine := path.Join(parts[1 : len(parts)-2]...)
	return sopsfile.MasterKey{Type: sopsfile.HCVault, ID: u.String() + "/" + engine + "/" + parts[len(parts)-1]}, nil
}
