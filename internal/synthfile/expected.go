package synthfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	// settingGroups is the [Setting] about what is shared among key groups.
	settingGroups = "key groups"
	// settingMAC is the one about whether the MAC leaves out clear values.
	settingMAC = "mac_only_encrypted"
)

// Drift is how a file differs from the creation rule that holds for it.
type Drift struct {
	// Rule names the rule; "" where there is none.
	Rule string
	// Stale are recipients that the file has and the rule does not: who was removed from
	// .sops.yaml can still decrypt. Missing are those of the rule that the file lacks. They
	// are named as [RecipientName] does.
	Stale, Missing []string
	// Settings are what else differs: Old is the file's, and New the rule's.
	Settings []Setting
	// UpdateKeys is the command that brings the recipients in line; "" where they are.
	UpdateKeys string
}

// Drift compares the file with the rule that .sops.yaml has for it: see
// [creationrules.Finder.Find]. An encryption context counts as in "sops updatekeys", and an AWS
// profile does not, since it says nothing of who can decrypt.
func (f *File) Drift() (Drift, error) {
	rule, err := f.files.rules.Find(f.place)
	if err != nil || rule == nil {
		return Drift{}, err
	}
	d := Drift{Rule: rule.String()}
	groups := f.parsed.Metadata().Groups
	d.Missing, d.Stale = changes(namesOf(groups, expectedName), namesOf(rule.Groups, expectedName))
	if len(d.Missing)+len(d.Stale) == 0 {
		if have, want := groupsText(groups), groupsText(rule.Groups); have != want {
			d.Settings = append(d.Settings, Setting{settingGroups, have, want})
		}
	}
	if len(d.Missing)+len(d.Stale)+len(d.Settings) > 0 {
		d.UpdateKeys = inFolder(f.path, "sops updatekeys")
	}
	have, want := f.parsed.Metadata().Rule, rule.Selects
	if want.Type == "" {
		want = sopsfile.Rule{Type: sopsfile.UnencryptedSuffix, Pattern: "_unencrypted"}
	}
	if have != want && f.Format() != sopsfile.Binary { // whose one value is always encrypted
		d.Settings = append(d.Settings, Setting{"rule", ruleText(have), ruleText(want)})
	}
	if have, want := f.parsed.Metadata().MACOnlyEncrypted, rule.MACOnlyEncrypted; have != want && f.Format() != sopsfile.Binary {
		d.Settings = append(d.Settings, Setting{settingMAC, strconv.FormatBool(have), strconv.FormatBool(want)})
	}
	return d, nil
}

// expectedName names a key. Of Azure a rule may leave out the version, which the file then
// has.
func expectedName(k sopsfile.MasterKey) string {
	if k.Type == sopsfile.AzureKV {
		if host, rest, ok := strings.Cut(strings.TrimPrefix(k.ID, "https://"), "/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			return "https://" + host + "/" + name
		}
	}
	return RecipientName(k)
}

// groupsText writes the groups of a file or of a rule, as [groupTexts] does.
func groupsText(groups []sopsfile.KeyGroup) string {
	if len(groups) < 2 {
		return "one"
	}
	return fmt.Sprintf("%d: %s", len(groups), groupTexts(groups, expectedName))
}

func ruleText(r sopsfile.Rule) string { return string(r.Type) + " " + filetext.Quote(r.Pattern) }
