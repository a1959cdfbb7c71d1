package synthfile

import (
	"slices"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/filepolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Violations returns the rules of a policy that the file breaks. Of the demonstration file,
// whose keys are fictitious, neither the published recipient nor the age of its keys counts,
// and it stands in no creation rule.
func (f *File) Violations(policy *filepolicy.Evaluator, now time.Time) []filepolicy.Violation {
	metadata := f.parsed.Metadata()
	if f.sample {
		without := *metadata
		without.Groups = slices.Clone(metadata.Groups)
		for i, group := range without.Groups {
			without.Groups[i] = slices.DeleteFunc(slices.Clone(group), func(k sopsfile.MasterKey) bool { return k.ID == demonstration.Recipient })
		}
		metadata = &without
	}
	violations := policy.Evaluate(filepolicy.File{Path: f.path, Metadata: metadata, Drift: f.recipientDrift}, now)
	return slices.DeleteFunc(violations, func(v filepolicy.Violation) bool {
		return f.sample && (v.Rule == filepolicy.RuleKeyAge || v.Rule == filepolicy.RuleCreationRules)
	})
}

// recipientDrift is what of [File.Drift] is about recipients.
func (f *File) recipientDrift() (filepolicy.Drift, error) {
	d, err := f.Drift()
	groups := slices.ContainsFunc(d.Settings, func(s Setting) bool { return s.Name == settingGroups })
	return filepolicy.Drift{Rule: d.Rule, Stale: d.Stale, Missing: d.Missing, Groups: groups}, err
}
