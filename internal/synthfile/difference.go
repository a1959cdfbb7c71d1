package synthfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Difference is what differs between two versions of a file. It holds names, and never
// values. Its lists are in the order of the file, or sorted.
type Difference struct {
	// Added, Removed and Changed are names of values, as flat JSON has them. A file of the
	// binary format, or with several documents, is one value, [render.Whole].
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	Changed []string `json:"changed,omitempty"`
	// Reencrypted are names of values that are the same, encrypted anew.
	Reencrypted []string `json:"reencrypted,omitempty"`
	// Unknown are names of values that were encrypted anew with another data key, where
	// only a decryption could tell whether they changed, and Reason why there is none.
	Unknown []string `json:"unknown,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	// Exposed are names of values that stand in clear text, and did not before.
	Exposed []string `json:"exposed,omitempty"`
	// The recipients are master keys, as [RecipientName] names them, and the roles those
	// with which they are used.
	RecipientsAdded   []string `json:"recipientsAdded,omitempty"`
	RecipientsRemoved []string `json:"recipientsRemoved,omitempty"`
	RolesAdded        []string `json:"rolesAdded,omitempty"`
	RolesRemoved      []string `json:"rolesRemoved,omitempty"`
	// Settings are what else of the metadata decides about protection.
	Settings []Setting `json:"settings,omitempty"`
}

// Setting is an entry of the metadata that changed.
type Setting struct {
	Name string `json:"name"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// Empty reports whether nothing differs.
func (d *Difference) Empty() bool {
	return len(d.Settings) == 0 && !slices.ContainsFunc([][]string{d.Added, d.Removed, d.Changed, d.Reencrypted, d.Unknown, d.Exposed,
		d.RecipientsAdded, d.RecipientsRemoved, d.RolesAdded, d.RolesRemoved}, func(l []string) bool { return len(l) > 0 })
}

// Compare returns what differs between two versions of a file; nil stands for a file that is
// not there. While the data key stays, sops keeps the ciphertext of a value that does not
// change. With another data key only the values can be compared: they are, where a key opens
// both versions.
func Compare(before, after *File) (*Difference, error) {
	d := &Difference{}
	old, err := before.leaves()
	if err != nil {
		return nil, err
	}
	now, err := after.leaves()
	if err != nil {
		return nil, err
	}
	var anew []string
	was := byName(old)
	for _, leaf := range now {
		had, there := was[leaf.Name]
		switch {
		case !there:
			d.Added = append(d.Added, leaf.Name)
		case had.Fingerprint != leaf.Fingerprint:
			anew = append(anew, leaf.Name)
		}
		if leaf.Clear && !had.Clear {
			d.Exposed = append(d.Exposed, leaf.Name)
		}
	}
	there := byName(now)
	for _, leaf := range old {
		if _, still := there[leaf.Name]; !still {
			d.Removed = append(d.Removed, leaf.Name)
		}
	}
	switch {
	case len(anew) == 0:
	case sameDataKey(before, after):
		d.Changed = anew
	default:
		d.sort(anew, before, after)
	}
	d.compareKeys(before, after)
	return d, nil
}

// leaves returns the values of the file; none of no file.
func (f *File) leaves() ([]render.Leaf, error) {
	if f == nil {
		return nil, nil
	}
	leaves, err := render.Leaves(f.parsed.Ciphertext())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	return leaves, nil
}

func byName(leaves []render.Leaf) map[string]render.Leaf {
	found := make(map[string]render.Leaf, len(leaves))
	for _, leaf := range leaves {
		found[leaf.Name] = leaf
	}
	return found
}

// sameDataKey reports whether the two versions surely have one data key: an entry of both
// wraps it to the same bytes.
func sameDataKey(a, b *File) bool {
	wrapped := map[string]bool{}
	for _, group := range a.parsed.Metadata().Groups {
		for _, key := range group {
			wrapped[entryID(key)] = true
		}
	}
	for _, group := range b.parsed.Metadata().Groups {
		for _, key := range group {
			if wrapped[entryID(key)] {
				return true
			}
		}
	}
	return false
}

// sort says of names whose values were encrypted with another data key which of them changed.
func (d *Difference) sort(names []string, before, after *File) {
	opening := []*Decryption{before.Decrypt(""), after.Decrypt("")}
	var values [2]map[string]render.Leaf
	for i, each := range opening {
		t, err := each.Tree()
		var leaves []render.Leaf
		if err == nil {
			leaves, err = render.Leaves(t)
		}
		if err != nil {
			d.Unknown, d.Reason = names, err.Error()
			return
		}
		values[i] = byName(leaves)
	}
	for _, name := range names {
		if values[0][name].Fingerprint == values[1][name].Fingerprint {
			d.Reencrypted = append(d.Reencrypted, name)
		} else {
			d.Changed = append(d.Changed, name)
		}
	}
}

// compareKeys compares what the metadata says of who can decrypt, and of what is encrypted.
func (d *Difference) compareKeys(before, after *File) {
	d.RecipientsAdded, d.RecipientsRemoved = changes(before.recipients(), after.recipients())
	d.RolesAdded, d.RolesRemoved = changes(before.roles(), after.roles())
	if before == nil || after == nil {
		return
	}
	old, now := before.settings(), after.settings()
	for i := range old {
		if old[i][1] != now[i][1] {
			d.Settings = append(d.Settings, Setting{old[i][0], old[i][1], now[i][1]})
		}
	}
}

// changes returns what is in now alone, and in old alone.
func changes(old, now []string) (added, removed []string) {
	only := func(a, b []string) []string {
		var found []string
		for _, s := range a {
			if !slices.Contains(b, s) && !slices.Contains(found, s) {
				found = append(found, s)
			}
		}
		return found
	}
	return only(now, old), only(old, now)
}

func (f *File) recipients() []string {
	return f.ofKeys(RecipientName)
}

func (f *File) roles() []string {
	return f.ofKeys(func(k sopsfile.MasterKey) string { return k.Role })
}

// ofKeys returns what name says of the master keys; nil of no file.
func (f *File) ofKeys(name func(sopsfile.MasterKey) string) []string {
	if f == nil {
		return nil
	}
	return namesOf(f.parsed.Metadata().Groups, name)
}

// namesOf returns what name says of the master keys of groups, each text once, without
// those that are empty.
func namesOf(groups []sopsfile.KeyGroup, name func(sopsfile.MasterKey) string) []string {
	var names []string
	for _, key := range slices.Concat(groups...) {
		if n := name(key); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// groupTexts writes groups of keys, in whatever order the keys stand in a group.
func groupTexts(groups []sopsfile.KeyGroup, name func(sopsfile.MasterKey) string) string {
	texts := make([]string, len(groups))
	for i, group := range groups {
		names := namesOf([]sopsfile.KeyGroup{group}, name)
		slices.Sort(names)
		texts[i] = filetext.Quote(strings.Join(names, ", "))
	}
	return strings.Join(texts, " | ")
}

// settings returns names and texts of what the metadata says, besides the keys, of what is
// protected how.
func (f *File) settings() [][2]string {
	m := f.parsed.Metadata()
	sharing := ""
	if len(m.Groups) > 1 {
		sharing = fmt.Sprintf("%d of %s", m.Threshold(), groupTexts(m.Groups, RecipientName))
	}
	return [][2]string{
		{"rule", ruleText(m.Rule)},
		{settingMAC, strconv.FormatBool(m.MACOnlyEncrypted)},
		{settingGroups, sharing},
	}
}
