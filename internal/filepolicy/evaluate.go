package filepolicy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// File is what is evaluated of a file.
type File struct {
	// Path is the file for messages.
	Path     string
	Metadata *sopsfile.Metadata
	// Drift compares the file with its creation rule. It is called where the policy asks for
	// it.
	Drift func() (Drift, error)
}

// Drift is how the recipients of a file differ from those of its creation rule.
type Drift struct {
	// Rule names the rule; "" where there is none.
	Rule string
	// Stale are recipients that the file has and the rule does not, and Missing the other way.
	Stale, Missing []string
	// Groups says that the same recipients are in other key groups.
	Groups bool
}

// Evaluator evaluates files. Its methods may be called from several goroutines.
type Evaluator struct{ policy Policy }

// NewEvaluator returns an Evaluator of a policy that was checked.
func NewEvaluator(p *Policy) *Evaluator { return &Evaluator{*p} }

// Policy returns what is evaluated.
func (e *Evaluator) Policy() *Policy { return &e.policy }

// Evaluate returns the rules that a file breaks, one violation for each. now is for the age
// of keys.
func (e *Evaluator) Evaluate(f File, now time.Time) []Violation {
	var found []Violation
	for _, rule := range []struct {
		name  string
		check func(File) (wrong, fix string)
	}{
		{RuleAllowedKeys, e.allowedKeys},
		{RuleRequiredRecipients, e.requiredRecipients},
		{RuleRegions, e.regions},
		{RuleKeyTypes, e.keyTypes},
		{RuleAWSProfile, e.awsProfile},
		{RuleCreationRules, e.creationRules},
		{RuleKeyAge, func(f File) (string, string) { return e.keyAge(f, now) }},
	} {
		if wrong, fix := rule.check(f); wrong != "" {
			found = append(found, Violation{
				Rule:        rule.name,
				Description: filetext.Message(f.Path + ": " + wrong),
				Fix:         filetext.Message(fix),
				Warning:     rule.name == RuleKeyAge,
			})
		}
	}
	return found
}

func (e *Evaluator) allowedKeys(f File) (wrong, fix string) {
	if e.policy.AllowedKeys == nil {
		return "", ""
	}
	if err := keypolicy.CheckAllowed(f.Metadata, e.policy.AllowedKeys); err != nil {
		return err.Error(), `add it to AllowedKeys of the file policy if it may be used, else take it out of the file with "sops rotate"`
	}
	return "", ""
}

func (e *Evaluator) requiredRecipients(f File) (wrong, fix string) {
	var missing []string
	for _, entry := range e.policy.RequiredRecipients {
		if !slices.ContainsFunc(keys(f), func(k sopsfile.MasterKey) bool { return keypolicy.IsNamed(k, entry) }) {
			missing = append(missing, entry)
		}
	}
	if missing == nil {
		return "", ""
	}
	return "the file lacks required recipients: " + some(missing), `add them to .sops.yaml, and run "sops updatekeys"`
}

func (e *Evaluator) regions(f File) (wrong, fix string) {
	if e.policy.MinRegions == 0 {
		return "", ""
	}
	enough := 0
	var found []string
	for _, group := range f.Metadata.Groups {
		regions := regionsOf(group)
		found = append(found, regions...)
		if len(regions) >= e.policy.MinRegions {
			enough++
		}
	}
	if enough >= f.Metadata.Threshold() {
		return "", ""
	}
	slices.Sort(found)
	found = slices.Compact(found)
	wrong = fmt.Sprintf("the file has KMS keys in %d regions, and at least %d are required", len(found), e.policy.MinRegions)
	if len(f.Metadata.Groups) > 1 {
		wrong = fmt.Sprintf("%d of the file's %d key groups have KMS keys in at least %d regions, and %d groups are needed to open it", enough, len(f.Metadata.Groups), e.policy.MinRegions, f.Metadata.Threshold())
	}
	if len(found) > 0 {
		wrong += " (it has " + some(found) + ")"
	}
	return wrong, `add keys of further regions to .sops.yaml, and run "sops updatekeys"`
}

// regionsOf returns the regions of a group's KMS keys, each once.
func regionsOf(group sopsfile.KeyGroup) []string {
	var regions []string
	for _, key := range group {
		if arn, err := keypolicy.ParseKeyARN(key.ID); key.Type == sopsfile.KMS && err == nil && !slices.Contains(regions, arn.Region) {
			regions = append(regions, arn.Region)
		}
	}
	return regions
}

func (e *Evaluator) keyTypes(f File) (wrong, fix string) {
	if e.policy.KeyTypes == nil {
		return "", ""
	}
	var others []string
	for _, key := range keys(f) {
		if !slices.ContainsFunc(e.policy.KeyTypes, func(t KeyType) bool { return t.has(key) }) {
			others = append(others, string(key.Type)+" "+key.ID)
		}
	}
	if others == nil {
		return "", ""
	}
	return fmt.Sprintf("the file has keys of other types than %s: %s", strings.Join(texts(e.policy.KeyTypes), ", "), some(others)),
		`take them out of .sops.yaml, run "sops updatekeys" and then "sops rotate": whoever has such a key may have the data key`
}

func (e *Evaluator) awsProfile(f File) (wrong, fix string) {
	if !e.policy.ForbidAWSProfile {
		return "", ""
	}
	var profiles []string
	for _, key := range keys(f) {
		if key.AWSProfile != "" && !slices.Contains(profiles, key.AWSProfile) {
			profiles = append(profiles, key.AWSProfile)
		}
	}
	if profiles == nil {
		return "", ""
	}
	return "the file names AWS profiles (aws_profile): " + some(profiles),
		`take aws_profile out of .sops.yaml, and run "sops updatekeys"; set AWS_PROFILE where a person needs one`
}

func (e *Evaluator) creationRules(f File) (wrong, fix string) {
	if !e.policy.MatchCreationRules {
		return "", ""
	}
	d, err := f.Drift()
	switch {
	case err != nil:
		return "its recipients cannot be compared with its creation rule: " + err.Error(), "correct .sops.yaml"
	case d.Rule == "":
		return "its recipients cannot be compared with its creation rule: there is no .sops.yaml with rules in its folder or above", "create it, or leave MatchCreationRules out"
	}
	var parts []string
	if d.Missing != nil {
		parts = append(parts, "it lacks "+some(d.Missing))
	}
	if d.Stale != nil {
		parts = append(parts, "it has "+some(d.Stale)+" besides")
	}
	if d.Groups {
		parts = append(parts, "its key groups are others")
	}
	if parts == nil {
		return "", ""
	}
	fix = `correct .sops.yaml, or run "sops updatekeys"`
	if d.Stale != nil {
		fix += ` and then "sops rotate", since who was a recipient may have the data key`
	}
	return "its recipients are not those of " + d.Rule + ": " + strings.Join(parts, "; "), fix
}

func (e *Evaluator) keyAge(f File, now time.Time) (wrong, fix string) {
	if e.policy.MaxKeyAgeDays == 0 {
		return "", ""
	}
	oldest := now.AddDate(0, 0, -e.policy.MaxKeyAgeDays)
	var old []string
	for _, key := range keys(f) {
		if !key.Created.IsZero() && key.Created.Before(oldest) {
			old = append(old, fmt.Sprintf("%s (%s)", keypolicy.RecipientName(key), key.Created.UTC().Format(time.DateOnly)))
		}
	}
	if old == nil {
		return "", ""
	}
	return fmt.Sprintf("the data key is wrapped since over %d days by %s", e.policy.MaxKeyAgeDays, some(old)),
		`make a new data key with "sops rotate --in-place"`
}

// keys returns the master keys of all groups.
func keys(f File) sopsfile.KeyGroup { return slices.Concat(f.Metadata.Groups...) }

// mostNamed is how many keys a violation names.
const mostNamed = 5

// some quotes a few names and says how many more there are.
func some(names []string) string { return filetext.Few(names, mostNamed) }
