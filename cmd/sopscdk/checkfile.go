package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/filepolicy"
	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// keyLife is how old a master key's entry may be before sops itself asks for a rotation
// (kmsTTL in its package kms).
const keyLife = 6 * 30 * 24 * time.Hour

// now is the time that the age of keys is counted from.
var now = time.Now

type severity string

const (
	severityError   severity = "error"
	severityWarning severity = "warning"
)

// fileReport is what check finds in a file. It is the JSON that it prints.
type fileReport struct {
	File         string          `json:"file"`
	Format       sopsfile.Format `json:"format,omitempty"`
	Version      string          `json:"sopsVersion,omitempty"`
	LastModified string          `json:"lastModified,omitempty"`
	// Names are those of flat JSON; there are none of a binary file.
	Names []string    `json:"names,omitempty"`
	Keys  []keyReport `json:"keys,omitempty"`
	// Needed is how many of the key groups open the file; 0 of one without groups.
	Needed int `json:"groupsNeeded,omitempty"`
	// Decrypted says that the file was decrypted, and its MAC verified.
	Decrypted bool `json:"decrypted"`
	// Sizes are those of what could land, exact of a file that was decrypted.
	Sizes []sizeReport `json:"sizes,omitempty"`
	// Function is what the function is allowed, to decrypt the file.
	Function []keypolicy.Statement `json:"function,omitempty"`
	Rule     string                `json:"creationRule,omitempty"`
	// Policy is where the policy is from that was applied; "" for none.
	Policy   string    `json:"policy,omitempty"`
	Problems []problem `json:"problems,omitempty"`
}

// keyReport is a master key of a file.
type keyReport struct {
	keyAccess
	Created string `json:"created,omitempty"`
	// Opens says that the key opens the file from here, or its group; Reason, why not.
	Opens  bool   `json:"opens"`
	Reason string `json:"reason,omitempty"`
}

// sizeReport is what of a file could land somewhere.
type sizeReport struct {
	Target string `json:"target"`
	Bytes  int    `json:"bytes,omitempty"`
	Limit  int    `json:"limit,omitempty"`
	// Count and Largest are those of parameters.
	Count   int    `json:"count,omitempty"`
	Largest string `json:"largest,omitempty"`
	// Reason is why it cannot land so.
	Reason string `json:"reason,omitempty"`
}

// problem is something to be changed.
type problem struct {
	Severity severity `json:"severity"`
	ID       string   `json:"id"` // of a warning of synth, that warning's
	Text     string   `json:"text"`
}

func (r *fileReport) has(s severity) bool {
	return slices.ContainsFunc(r.Problems, func(p problem) bool { return p.Severity == s })
}

func (r *fileReport) add(s severity, id, format string, a ...any) {
	r.Problems = append(r.Problems, problem{s, "sopscdk:" + id, filetext.Message(fmt.Sprintf(format, a...))})
}

func checkFile(files *synthfile.Files, path string, o checkOptions) *fileReport {
	r := &fileReport{File: path}
	file, err := openFile(files, path, o.format)
	if err != nil {
		r.add(severityError, "file", "%v", err)
		return r
	}
	metadata := file.Metadata()
	r.Format, r.Version, r.LastModified = file.Format(), metadata.Version, file.LastModified().UTC().Format(time.RFC3339)
	if len(metadata.Groups) > 1 {
		r.Needed = metadata.Threshold()
	}
	r.Names, _ = file.Whole().Names(render.Output{}) // what has none is said by its sizes

	// What the app allows is not known here, so all is allowed that the file names.
	use, err := file.Use(synthfile.Rules{HasIdentities: o.identities, Region: o.region, AllowedKeys: file.MasterKeys()})
	if err != nil {
		r.add(severityError, "keys", "%v", err)
	}
	if r.Function, err = file.Needs(o.region); err != nil && !r.has(severityError) {
		r.add(severityError, "keys", "%v", err)
	}
	for _, w := range file.Warnings(use) {
		r.add(severityWarning, w.ID, "%s", w.Text)
	}
	if text := file.Overridden(); text != "" {
		r.add(severityWarning, "sops-environment", "%s: %s", shown(r.File), text)
	}
	if r.breaks(file, o) {
		r.list(file, errBreaks)
		r.drift(file)
		return r
	}
	r.try(file, o.region)
	r.age(metadata)
	if !file.IsSample() { // which is to be deleted
		r.drift(file)
	}
	r.measure(file, o)
	return r
}

// openFile opens a file that is named as the shell does.
func openFile(files *synthfile.Files, path string, as sopsfile.Format) (*synthfile.File, error) {
	if err := exists(path); err != nil {
		return nil, err
	}
	return files.Open(path, as)
}

// errBreaks is why a key was not tried.
var errBreaks = errors.New("not tried: the file breaks the policy")

// breaks applies the policy, and reports whether the file breaks it: then it is not
// decrypted, as in synth.
func (r *fileReport) breaks(file *synthfile.File, o checkOptions) bool {
	if o.policy == nil {
		return false
	}
	r.Policy = o.policyFrom
	violations := file.Violations(o.policy, now())
	for _, v := range violations {
		s := severityError
		if v.Warning {
			s = severityWarning
		}
		r.add(s, v.Rule, "%s; %s", v.Description, v.Fix)
	}
	return len(filepolicy.Broken(violations)) > 0
}

// list lists the master keys, none of which was tried.
func (r *fileReport) list(file *synthfile.File, why error) {
	for i, group := range file.Metadata().Groups {
		for _, key := range group {
			r.addKey(file, synthfile.Tried{Key: key, Group: i, Err: why})
		}
	}
}

// try tries the master keys.
func (r *fileReport) try(file *synthfile.File, region string) {
	tried, err := file.Try(region)
	if err != nil {
		r.add(severityError, "keys", "%v", err)
		return
	}
	for _, t := range tried {
		r.addKey(file, t)
	}
}

func (r *fileReport) addKey(file *synthfile.File, t synthfile.Tried) {
	k := keyReport{keyAccess: keyOf(t.Key, t.Group, len(file.Metadata().Groups)), Opens: t.Err == nil}
	if !t.Key.Created.IsZero() {
		k.Created = t.Key.Created.UTC().Format(time.RFC3339)
	}
	if t.Err != nil {
		k.Reason = filetext.Message(t.Err.Error())
	}
	r.Keys = append(r.Keys, k)
}

// age warns of keys that are older than sops itself wants them.
func (r *fileReport) age(m *sopsfile.Metadata) {
	var oldest time.Time
	for _, group := range m.Groups {
		for _, key := range group {
			if !key.Created.IsZero() && (oldest.IsZero() || key.Created.Before(oldest)) {
				oldest = key.Created
			}
		}
	}
	if age := now().Sub(oldest); !oldest.IsZero() && age > keyLife {
		r.add(severityWarning, "key-age", "%s has a data key that was wrapped %d days ago, and sops asks for a new one after %d: %s encrypts the values with a new one.",
			shown(r.File), int(age.Hours()/24), int(keyLife.Hours()/24), command(r.File, "sops rotate --in-place"))
	}
}

// drift compares the recipients with .sops.yaml.
func (r *fileReport) drift(file *synthfile.File) {
	d, err := file.Drift()
	if err != nil {
		r.add(severityWarning, "creation-rule", "%s: %v", shown(r.File), err)
		return
	}
	r.Rule = d.Rule
	if len(d.Stale) > 0 {
		r.add(severityWarning, "recipients-stale", "%s can be decrypted by recipients that %s does not name:%s\n%s takes them out. They knew the data key and the values: then rotate the file, and replace the values.",
			shown(r.File), d.Rule, lines(d.Stale), code(d.UpdateKeys))
	}
	if len(d.Missing) > 0 {
		r.add(severityWarning, "recipients-missing", "%s lacks recipients that %s names:%s\n%s adds them.", shown(r.File), d.Rule, lines(d.Missing), code(d.UpdateKeys))
	}
	for _, s := range d.Settings {
		r.add(severityWarning, "creation-rule", "%s was made with another %s than %s has: %s in the file, %s in the rule.", shown(r.File), s.Name, d.Rule, s.Old, s.New)
	}
}

// measure says what would land, and how large it is.
func (r *fileReport) measure(file *synthfile.File, o checkOptions) {
	tree, err := file.Decrypt(o.region).Tree()
	switch {
	case err == nil:
		r.Decrypted = true
	case errors.Is(err, synthfile.ErrNoKey):
		tree = file.Sized()
	default:
		r.add(severityError, "decrypt", "%v", err)
		return
	}
	fits := false
	for _, output := range []struct {
		name string
		mode render.Mode
	}{{"secret, flat JSON", render.Flat}, {"secret, nested JSON", render.Nested}, {"secret, raw", render.Raw}, {"secret, binary", render.Binary}} {
		if (output.mode == render.Binary) != (file.Format() == sopsfile.Binary) && output.mode != render.Raw {
			continue
		}
		size := sizeReport{Target: output.name, Limit: render.MaxSecret}
		content, err := render.ForSecret(tree, render.Output{Mode: output.mode})
		if err != nil {
			size.Reason = filetext.Message(err.Error())
		} else {
			size.Bytes, fits = content.Text.Len(), true
		}
		r.Sizes = append(r.Sizes, size)
	}
	parameters := r.parameters(tree, o.prefix)
	if parameters.Target != "" {
		r.Sizes = append(r.Sizes, parameters)
	}
	if o.prefix != "" && parameters.Reason != "" {
		r.add(severityError, "parameters", "%s: %s", shown(r.File), parameters.Reason)
	}
	if o.prefix == "" && !fits {
		severity, what := severityError, "no target"
		if parameters.Reason == "" {
			severity, what = severityWarning, "no secret as a whole, though its values fit parameters"
		}
		r.add(severity, "size", "%s fits %s: %s", shown(r.File), what, r.Sizes[0].Reason)
	}
}

// parameters says how large the parameters would be, one for each value.
func (r *fileReport) parameters(tree *sopsfile.Tree, prefix string) sizeReport {
	size := sizeReport{Target: "parameters", Limit: render.AdvancedParameter}
	if prefix == "" {
		if r.Format == sopsfile.Binary {
			return sizeReport{Reason: "a binary file"}
		}
		prefix = "/prefix"
	}
	list, err := render.Parameters(tree, render.Naming{Prefix: prefix, SkipEmpty: true})
	if err != nil {
		size.Reason = filetext.Message(err.Error())
		return size
	}
	size.Count = len(list)
	for _, p := range list {
		if n := p.Value.Len(); n > size.Bytes || size.Largest == "" {
			size.Bytes, size.Largest = n, strings.TrimPrefix(p.Name, "/prefix/")
		}
	}
	return size
}
