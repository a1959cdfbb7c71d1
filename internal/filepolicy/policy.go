// Package filepolicy holds the rules that an app sets for its SOPS files, and evaluates them
// from what a file says in clear: no key is needed, and nothing is called. It knows neither
// the CDK nor Node; synth and commands use the same code.
//
// SOPS authenticates none of what is looked at. A key that a file does not name is used by
// nobody, so what a policy forbids stays away, except that an age entry may be encrypted to
// further recipients than the one it names. What it requires may be there in name alone:
// whoever can edit a file can add an entry that opens nothing, or another date.
package filepolicy

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/nearest"
)

// Policy is what each SOPS file of an app must be. A rule that is not set asks for nothing.
type Policy struct {
	// AllowedKeys are all that a file may name as master keys: see
	// [keypolicy.CheckAllowed]. nil allows everything.
	AllowedKeys []string `json:"allowedKeys,omitempty"`
	// RequiredRecipients are master keys that each file must name: see [keypolicy.IsNamed].
	RequiredRecipients []string `json:"requiredRecipients,omitempty"`
	// MinRegions is in how many regions each file must have KMS keys: in one key group, or, of
	// a file with several groups, in each of as many groups as open it. So a file can be opened
	// while all of these regions but one are down.
	MinRegions int `json:"minRegions,omitempty"`
	// KeyTypes are the only types that the master keys of a file may have; nil allows any.
	KeyTypes []KeyType `json:"keyTypes,omitempty"`
	// ForbidAWSProfile forbids a KMS entry to name an AWS profile.
	ForbidAWSProfile bool `json:"forbidAwsProfile,omitempty"`
	// MaxKeyAgeDays is how many days ago a master key may have wrapped the data key. An older
	// one is a warning. age entries do not say when they were made.
	MaxKeyAgeDays int `json:"maxKeyAgeDays,omitempty"`
	// MatchCreationRules says that the master keys of a file are those that the nearest
	// .sops.yaml, in its folder or above, gives it.
	MatchCreationRules bool `json:"matchCreationRules,omitempty"`
}

// Check returns an error for a policy that no file could fulfil, or with a rule that has no
// effect.
func (p *Policy) Check() error {
	for field, list := range map[string][]string{"AllowedKeys": p.AllowedKeys, "RequiredRecipients": p.RequiredRecipients} {
		if list != nil && len(list) == 0 {
			return fmt.Errorf("%s is empty; name keys, or leave it out", field)
		}
		for _, entry := range list {
			if err := checkEntry(entry); err != nil {
				return fmt.Errorf("%s: %w", field, err)
			}
		}
	}
	if p.KeyTypes != nil && len(p.KeyTypes) == 0 {
		return errors.New("KeyTypes is empty; name types of keys, or leave it out")
	}
	for _, t := range p.KeyTypes {
		if !slices.Contains(KeyTypes(), t) {
			return fmt.Errorf("unknown KeyTypes entry %q; known are %s", string(t), nearest.List(texts(KeyTypes())))
		}
	}
	switch {
	case p.MinRegions < 0:
		return fmt.Errorf("MinRegions is %d; give a number of regions", p.MinRegions)
	case p.MinRegions > maxRegions:
		return fmt.Errorf("MinRegions is %d, and AWS has fewer regions; give at most %d", p.MinRegions, maxRegions)
	case p.MinRegions > 0 && p.KeyTypes != nil && !slices.Contains(p.KeyTypes, KMS):
		return errors.New("MinRegions asks for KMS keys, which KeyTypes forbids; leave one of them out")
	case p.MaxKeyAgeDays < 0:
		return fmt.Errorf("MaxKeyAgeDays is %d; give a number of days", p.MaxKeyAgeDays)
	case p.MaxKeyAgeDays > 0 && p.KeyTypes != nil && !slices.ContainsFunc(p.KeyTypes, KeyType.isDated):
		return errors.New("MaxKeyAgeDays has no effect with age keys alone, whose entries do not say when they were made; leave it out")
	case p.isEmpty():
		return errors.New("it sets no rule; set one, or leave the policy out")
	}
	return nil
}

// maxRegions is more than the regions of any partition.
const maxRegions = 50

func checkEntry(entry string) error {
	if entry == "" {
		return errors.New("an entry is empty; name a key, a role or a recipient")
	}
	if err := filetext.Check(entry, maxEntry); err != nil {
		return fmt.Errorf("%s %w", filetext.Quote(entry), err)
	}
	return keypolicy.CheckAllowedEntry(entry)
}

// maxEntry is how long an entry may be, in bytes: as what a file may name.
const maxEntry = 8192

func (p *Policy) isEmpty() bool {
	return p.AllowedKeys == nil && p.RequiredRecipients == nil && p.KeyTypes == nil &&
		p.MinRegions == 0 && p.MaxKeyAgeDays == 0 && !p.ForbidAWSProfile && !p.MatchCreationRules
}
