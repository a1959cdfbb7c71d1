package sopsfile

import "time"

// Metadata is what the file says about itself in its "sops" entry. SOPS
// authenticates none of it except the MAC, and LastModified as the MAC's
// additional data.
type Metadata struct {
	// LastModified is the time of the last change as the file says.
	LastModified time.Time
	// Version is the version of sops that wrote the file.
	Version string
	// Groups are the key groups that count: one made of the top-level lists when any
	// of them has an entry, otherwise key_groups. Inside a group the order is the one
	// that sops gives it: kms, gcp_kms, hckms, azure_kv, hc_vault, pgp, age.
	Groups []KeyGroup
	// ShamirThreshold is how many groups are needed, as the file says. 0 means that
	// the file says nothing. It counts only when there are several groups.
	ShamirThreshold int
	// Rule says which values are encrypted.
	Rule Rule
	// MACOnlyEncrypted says that the MAC leaves out the clear values.
	MACOnlyEncrypted bool

	mac []byte // the token, checked for form
}

// Threshold returns how many key groups are needed: 1 for a file without key groups,
// else what the file says. A file with several groups that says nothing needs at
// least two: sops takes such files, and combines the shares that it has.
func (m *Metadata) Threshold() int {
	if len(m.Groups) < 2 {
		return 1
	}
	return max(2, m.ShamirThreshold)
}
