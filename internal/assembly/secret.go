package assembly

import (
	"path"
	"strconv"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// secret is a secret whose value comes from a file.
type secret struct {
	// name is how messages name it: the quoted path of its construct, or its logical id.
	name string
	from origin
	// folder is that of the stack that fills it, or "".
	folder string
	// key is the text of its customer-managed key, or "".
	key string
	// keys are the names of its keys; nil where they are not known.
	keys *keyNames
	// arns are the texts that refer to it.
	arns []string
	// readers are the holders that its own policy lets read it.
	readers map[string]bool
}

// origin says how a value comes from a file into a secret.
type origin int

const (
	synced     origin = iota // by the custom resource
	inTemplate               // it stands in the template
	elsewhere                // the secret is imported, and filled elsewhere
)

const (
	typeSecret = "AWS::SecretsManager::Secret"
	// tagFile is the tag of a secret that names its file.
	tagFile = "sops:file"
)

// indexSecrets finds the secrets that are filled from files, and indexes every text by
// which a template can refer to one.
func (w *world) indexSecrets() {
	filled := map[string]bool{} // the resources that have a sync
	for _, t := range w.templates {
		for _, id := range t.ResourceIDs() {
			if t.Resources[id].Type == syncprotocol.ResourceType {
				w.addSync(t, id, filled)
			}
		}
	}
	for _, t := range w.templates {
		for _, id := range t.ResourceIDs() {
			if r := t.Resources[id]; r.Type == typeSecret && hasTag(r, tagFile) && !filled[t.ref(id)] {
				s := &secret{name: t.nameOf(id, false), from: inTemplate, folder: t.folder, key: t.customerKey(r)}
				w.addSecretResource(t, id, s)
			}
		}
	}
}

// addSync adds the secret that a custom resource fills. filled collects the resources
// of such secrets.
func (w *world) addSync(t *template, id string, filled map[string]bool) {
	r := t.Resources[id]
	attribute := func(name string) string {
		return t.attribute(id, name)
	}
	w.fillers.add(t, r.Properties["ServiceToken"])
	w.versions[attribute(syncprotocol.AttrVersionID)] = true

	target, _ := r.Properties["Target"].(map[string]any)
	if target["SecretArn"] == nil {
		return // another kind of target
	}
	s := &secret{name: t.nameOf(id, true), from: synced, folder: t.folder, keys: keyNamesOf(r.Properties[syncprotocol.Names], r.Properties["Output"])}
	w.synced[resourceKey{t.number, id}] = s
	w.refer(attribute(syncprotocol.AttrArn), s)
	w.refer(attribute(syncprotocol.AttrName), s)
	w.refer(t.arnOfName(attribute(syncprotocol.AttrName)), s)

	text := t.text(target["SecretArn"])
	if home, id, ok := w.resourceOf(text); ok && home.Resources[id].Type == typeSecret {
		filled[text] = true
		s.key = home.customerKey(home.Resources[id])
		w.addSecretResource(home, id, s)
		return
	}
	w.refer(text, s)
	if name, ok := withoutSuffix(text); ok {
		w.refer(name, s)
	}
}

// addSecretResource indexes the texts that refer to the resource of a secret.
func (w *world) addSecretResource(t *template, id string, s *secret) {
	w.refer(t.ref(id), s)
	w.refer(t.attribute(id, "Id"), s)
	if name := t.Resources[id].Properties["Name"]; name != nil {
		w.refer(t.arnOfName(t.text(name)), s)
	}
}

func (w *world) refer(text string, s *secret) {
	if text != "" {
		s.arns = append(s.arns, text)
		w.secrets[text] = append(w.secrets[text], s)
	}
}

// nearestSecret returns the secret that a template means where several have one name, as
// in stages without an account: the first of its own folder, or else of all.
func (t *template) nearestSecret(found []*secret) *secret {
	for _, s := range found {
		if s.folder == t.folder {
			return s
		}
	}
	if len(found) > 0 {
		return found[0]
	}
	return nil
}

// addKnown adds the secrets that are filled elsewhere. Of one that is filled here too it
// adds the key.
func (w *world) addKnown(known []Known) {
	for _, k := range known {
		t := w.templateOf(k.StackPath)
		text := func(v any) string {
			if t != nil {
				return t.text(v)
			}
			return withoutPartition(cfn.Text(v, nil))
		}
		arn, key := text(k.ARN), customerKey(text(k.KeyARN))
		name := withoutPattern(arn)
		if same := w.secrets[name]; len(same) > 0 {
			for _, s := range same {
				if s.key == "" {
					s.key = key
				}
			}
			continue
		}
		s := &secret{name: strconv.Quote(k.ConstructPath), from: elsewhere, key: key}
		if k.Names != nil {
			s.keys = &keyNames{all: map[string]bool{}}
			for _, name := range k.Names {
				s.keys.all[name] = true
			}
		}
		w.refer(name, s)
		if name == arn && len(arn) > 7 && arn[len(arn)-7] == '-' {
			w.refer(arn[:len(arn)-7], s)
		}
	}
}

// nameOf returns how messages name the construct that made a resource: its quoted path.
// A sync is a resource inside that construct.
func (t *template) nameOf(id string, sync bool) string {
	construct := t.Resources[id].ConstructPath
	if construct == "" {
		return strconv.Quote(id)
	}
	if last := path.Base(construct); last == "Resource" || last == "Default" {
		construct = path.Dir(construct)
	}
	if sync {
		construct = path.Dir(construct)
	}
	return strconv.Quote(construct)
}

// customerKey returns the text of the key of a secret's resource; of an alias its ARN.
func (t *template) customerKey(secret cfn.Resource) string {
	key := t.text(secret.Properties["KmsKeyId"])
	if home, id, ok := t.world.resourceOf(key); strings.HasPrefix(key, "alias/") || ok && home.Resources[id].Type == typeAlias {
		key = t.keyARN(key)
	}
	return customerKey(key)
}

// customerKey returns key, or "" for the key that AWS manages, which needs no rights.
func customerKey(key string) string {
	if strings.HasSuffix(key, "alias/aws/secretsmanager") {
		return ""
	}
	return key
}

func hasTag(r cfn.Resource, key string) bool {
	for _, tag := range cfn.List(r.Properties["Tags"]) {
		if fields, _ := tag.(map[string]any); fields["Key"] == key {
			return true
		}
	}
	return false
}

// find returns the secret that a text of the template refers to: its ARN or name, or
// such an ARN with a pattern for the six characters that Secrets Manager adds. It
// returns nil for other texts, and for patterns over several secrets.
func (t *template) find(text string) *secret {
	name := withoutPattern(text)
	for _, candidate := range []string{text, name, t.arnOfName(name)} {
		if s := t.nearestSecret(t.world.secrets[candidate]); s != nil {
			return s
		}
	}
	return nil
}

// findInPolicy is find for a resource of a policy, which may also be a full ARN where
// only the secret's name is known.
func (t *template) findInPolicy(text string) *secret {
	if s := t.find(text); s != nil {
		return s
	}
	if name, ok := withoutSuffix(text); ok {
		return t.nearestSecret(t.world.secrets[name])
	}
	return nil
}
