package sopsfile

import (
	"fmt"
	"maps"
	"time"
)

// KeyType is the kind of a master key, by the name of its list in the metadata.
type KeyType string

// The key types that SOPS 3.13.3 writes.
const (
	KMS     KeyType = "kms"
	Age     KeyType = "age"
	PGP     KeyType = "pgp"
	GCPKMS  KeyType = "gcp_kms"
	AzureKV KeyType = "azure_kv"
	HCVault KeyType = "hc_vault"
	HCKMS   KeyType = "hckms"
)

// MasterKey is one entry of the metadata: a key that wraps the file's data key,
// or this group's share of it. Nothing in it is secret.
type MasterKey struct {
	Type KeyType
	// ID names the key as the file does: the ARN of a KMS key or alias, an age
	// recipient, a PGP fingerprint, a resource id of GCP, VAULT_URL/NAME/VERSION of
	// Azure, ADDRESS/ENGINE/KEY of Vault, a key id of Huawei Cloud.
	ID string
	// Role is the ARN of the role that a KMS entry wants assumed, or "".
	Role string
	// Context is the encryption context of a KMS entry; nil when it has none.
	Context map[string]string
	// AWSProfile is aws_profile of a KMS entry. SOPS writes it always, mostly empty.
	AWSProfile string
	// EncryptedDataKey is the wrapped key as the file holds it ("enc"): base64 for
	// KMS, an armored age file for age.
	EncryptedDataKey string
	// Created is when sops wrapped the data key with the key: when the entry was made, or
	// at the last rotation. It is zero for age, whose entries do not say it.
	Created time.Time
}

// Same reports whether two entries name one key, used in the same way.
func (k MasterKey) Same(o MasterKey) bool {
	return k.Type == o.Type && k.ID == o.ID && k.Role == o.Role && k.AWSProfile == o.AWSProfile && maps.Equal(k.Context, o.Context)
}

// KeyGroup is a set of master keys of which any one is enough.
type KeyGroup []MasterKey

// String names the key for a message: its type, id, and role if it has one.
func (k MasterKey) String() string {
	if k.Role != "" {
		return fmt.Sprintf("%s %s with role %s", k.Type, k.ID, k.Role)
	}
	return fmt.Sprintf("%s %s", k.Type, k.ID)
}
