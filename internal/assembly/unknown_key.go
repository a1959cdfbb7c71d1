package assembly

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/render"
)

// keyNames are the names of the keys that land in a secret.
type keyNames struct {
	all map[string]bool
	// top says that they may be the names at the top of the file alone.
	top bool
}

// keyNamesOf returns the names that a sync shows of its file for cdk diff; nil where it
// shows none, and for an output without keys. See [render.Fingerprints].
func keyNamesOf(shown any, output any) *keyNames {
	names, _ := shown.(map[string]any)
	fields, _ := output.(map[string]any)
	mode := render.Flat
	if text, ok := fields["Mode"].(string); ok {
		mode = render.Mode(text)
	}
	if len(names) == 0 || names[render.Whole] != nil || mode != render.Flat && mode != render.Nested {
		return nil
	}
	k := &keyNames{all: map[string]bool{}, top: mode == render.Flat}
	for name := range names {
		k.all[name] = true
	}
	return k
}

// has reports whether a secret has, or may have, a key. What is not known at synth may be
// one.
func (k *keyNames) has(key string) bool {
	if k == nil || key == "" || strings.Contains(key, "${") || k.all[key] {
		return true
	}
	for i := range key {
		if k.top && (key[i] == '.' || key[i] == '[') && k.all[key[:i]] {
			return true
		}
	}
	// A name that cannot stand in a template has its hash there.
	hash := render.NameHash(key)
	for name := range k.all {
		if strings.HasSuffix(name, hash) {
			return true
		}
	}
	return false
}

// unknownKeys finds references to keys of a secret that its file does not have: in the
// CDK's own Secret.fromSecretsManager of ECS, and in what is written by hand. The
// references of the constructs are checked when they are made.
func (t *template) unknownKeys(id string, uses []use) []Finding {
	var findings []Finding
	find := func(reference, what, location string) {
		s, _, parts := t.splitReference(reference)
		if s == nil {
			return
		}
		part := func(i int) string {
			if i < len(parts) {
				return parts[i]
			}
			return ""
		}
		key, stage, version := part(0), part(1), part(2)
		if stage != "" && stage != "AWSCURRENT" || version != "" && !t.world.versions[version] {
			return // another version than the one that the file makes
		}
		if s.keys.has(key) {
			return
		}
		findings = append(findings, Finding{
			Rule: RuleUnknownKey, Severity: Error, TemplatePath: t.Path,
			LogicalID: id, ConstructPath: t.Resources[id].ConstructPath, Locations: []string{location},
			Description: fmt.Sprintf("%s takes the key %q of the secret of %s, which its file does not have%s", what, key, s.name, nearest.Hint(key, slices.Sorted(maps.Keys(s.keys.all)))),
			Fix:         "take the reference from Key of that construct",
		})
	}
	for _, u := range uses {
		if u.reads {
			find(u.text, u.what, u.location)
		}
	}
	properties := t.Resources[id].Properties
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		for _, reference := range t.secretReferences(properties[name]) {
			// Between the secret and its key stands what of it is meant.
			find(strings.Replace(reference+":", ":SecretString:", ":", 1), "the property "+name+" of "+id, "/Resources/"+id+"/Properties/"+name)
		}
	}
	return findings
}
