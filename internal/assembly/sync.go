package assembly

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// Sync is a way of a file into a target, as an assembly has it.
type Sync struct {
	// Construct is the path of the construct, or the logical id of its custom resource.
	Construct string `json:"construct"`
	// Files are the files, in the order of the app.
	Files []SyncFile `json:"files"`
	// Function is the path of the function that decrypts and writes, and Role that of its
	// role; of what is not in the assembly, what the template says of it.
	Function string `json:"function"`
	Role     string `json:"role,omitempty"`
	// Secret is the name of the secret, or its construct where the name is made at deploy;
	// Parameters are the names of parameters. One of them is set.
	Secret     string   `json:"secret,omitempty"`
	Parameters []string `json:"parameters,omitempty"`
	// Readers are the roles, users, groups and accounts that policies of the assembly
	// allow to read the target, in the order of the templates.
	Readers []Reader `json:"readers,omitempty"`
}

// SyncFile is a file of a [Sync].
type SyncFile struct {
	// Name is the file, as the app names it.
	Name string `json:"name"`
	// Content is the encrypted file; nil where it is in a bucket of the user.
	Content []byte `json:"-"`
}

// Reader is who may read a target.
type Reader struct {
	// Name is the path of the role's construct, or the role or principal as a template
	// has it.
	Name string `json:"name"`
	// Parameters are those that it may read, where it may not read all of the target.
	Parameters []string `json:"parameters,omitempty"`
	// Wide says that the policy names the target by a pattern that allows others too.
	Wide bool `json:"wide,omitempty"`
}

// Syncs returns every sync of the stacks, in their order. Its error is that of [Check].
// Readers are found in identity policies and in the policies of secrets; conditions and
// Deny statements are not read.
func Syncs(stacks []Stack) ([]Sync, error) {
	w, err := read(stacks, nil)
	if err != nil {
		return nil, err
	}
	secrets, parameters := w.readings(readsSecrets), w.readings(readsParameters)
	var all []Sync
	for _, t := range w.templates {
		for _, id := range t.ResourceIDs() {
			if t.Resources[id].Type == syncprotocol.ResourceType {
				all = append(all, t.sync(id, secrets, parameters))
			}
		}
	}
	return all, nil
}

func (t *template) sync(id string, secrets, parameters []reading) Sync {
	r := t.Resources[id]
	s := Sync{Construct: unquoted(t.nameOf(id, true)), Files: t.filesOf(r)}
	token := t.text(r.Properties["ServiceToken"])
	s.Function = t.world.shown(token)
	if home, function, _, ok := t.world.attributeOf(token); ok {
		s.Role = t.world.shown(home.text(home.Resources[function].Properties["Role"]))
	}
	target, _ := r.Properties["Target"].(map[string]any)
	if to, ok := target["Parameters"].(map[string]any); ok {
		s.Parameters = t.texts(to["Names"])
		at := strings.Trim(t.text(to["Prefix"]), "/")
		if at == "" && len(s.Parameters) == 1 {
			at = strings.Trim(s.Parameters[0], "/")
		}
		s.Readers = t.parameterReaders(parameters, id, at, s.Parameters)
		return s
	}
	secret := t.world.synced[resourceKey{t.number, id}]
	if secret == nil {
		return s
	}
	s.Secret = t.secretName(target["SecretArn"])
	s.Readers = t.secretReaders(secrets, secret, s.Secret)
	return s
}

// filesOf returns the files of a sync.
func (t *template) filesOf(r cfn.Resource) []SyncFile {
	content, err := json.Marshal(r.Properties["File"])
	if err != nil {
		return nil
	}
	var file syncprotocol.File
	// A bucket may be a function instead of a text, which is left out then.
	_ = json.Unmarshal(content, &file)
	var files []SyncFile
	for _, each := range file.Single() {
		f := SyncFile{Name: each.Name}
		if each.Content != "" {
			f.Content, _ = syncprotocol.DecodeFile(each.Content)
		} else if each.Key != "" {
			f.Content = readAsset(t.assets.at("/" + each.Key))
		}
		files = append(files, f)
	}
	return files
}

// readAsset returns an encrypted file that is an asset, or nil.
func readAsset(name string) []byte {
	if name == "" {
		return nil
	}
	content, err := cfn.ReadFile(name)
	if err != nil || len(content) > sopsfile.MaxSize {
		return nil
	}
	return content
}

// secretName returns the name of a secret, where the template says it.
func (t *template) secretName(arn any) string {
	text := t.text(arn)
	if home, id, ok := t.world.resourceOf(text); ok {
		if name, ok := home.Resources[id].Properties["Name"]; ok {
			return home.text(name)
		}
		return unquoted(home.nameOf(id, false))
	}
	if _, name, ok := strings.Cut(text, ":secret:"); ok {
		return withoutPattern(name)
	}
	return t.world.shown(text)
}

// reading is a statement that allows reading secrets or parameters.
type reading struct {
	holders   []string
	resources []string
	// secrets are those that the resources name alone, in their order; nil for none.
	secrets []*secret
	// ofSecret is the one that a resource policy belongs to.
	ofSecret *secret
}

var (
	readsSecrets    = []string{"secretsmanager:getsecretvalue"}
	readsParameters = []string{"ssm:getparameter", "ssm:getparameters", "ssm:getparametersbypath"}
)

// readings returns the statements that allow one of the actions, without those of the
// functions that fill the targets.
func (w *world) readings(actions []string) []reading {
	var all []reading
	allows := func(of statement) bool { return slices.ContainsFunc(actions, of.allows) }
	for _, t := range w.templates {
		for _, id := range t.ResourceIDs() {
			if p := w.policies[resourceKey{t.number, id}]; p != nil {
				for _, of := range p.statements {
					if !allows(of) || w.fillers.owns(p, of) {
						continue
					}
					r := reading{holders: p.holders, resources: of.resources}
					for _, resource := range of.resources {
						r.secrets = append(r.secrets, t.findInPolicy(resource))
					}
					all = append(all, r)
				}
			}
			r := t.Resources[id]
			if r.Type != "AWS::SecretsManager::ResourcePolicy" {
				continue
			}
			s := t.find(t.text(r.Properties["SecretId"]))
			for _, of := range t.statements(r.Properties["ResourcePolicy"], "") {
				if s != nil && allows(of) {
					all = append(all, reading{holders: of.principals, ofSecret: s})
				}
			}
		}
	}
	return all
}

// secretReaders returns who may read a secret.
func (t *template) secretReaders(all []reading, s *secret, name string) []Reader {
	var readers readers
	arn := t.arnOfName(name) + "-AAAAAA"
	for _, r := range all {
		switch {
		case r.ofSecret == s:
			readers.add(t.world, r.holders, slices.Contains(r.holders, "*"), nil)
		case slices.Contains(r.secrets, s):
			readers.add(t.world, r.holders, false, nil)
		case slices.ContainsFunc(r.resources, func(resource string) bool { return isPattern(resource) && matches(resource, arn) }):
			readers.add(t.world, r.holders, true, nil)
		}
	}
	return readers
}

func isPattern(resource string) bool { return strings.ContainsAny(resource, "*?") }

// parameterReaders returns who may read parameters, of a sync whose attribute Path is at.
func (t *template) parameterReaders(all []reading, id, at string, names []string) []Reader {
	var readers readers
	path := t.attribute(id, syncprotocol.AttrPath)
	account, region := t.place()
	for _, r := range all {
		var may []string
		wide := false
		for _, name := range names {
			arn := "arn::ssm:" + region + ":" + account + ":parameter/" + strings.TrimPrefix(name, "/")
			for _, resource := range r.resources {
				if matches(strings.ReplaceAll(resource, path, at), arn) {
					may = append(may, name)
					wide = wide || isPattern(resource) && !strings.Contains(resource, path)
					break
				}
			}
		}
		switch len(may) {
		case 0:
			continue
		case len(names):
			may = nil
		}
		readers.add(t.world, r.holders, wide, may)
	}
	return readers
}

// readers are who may read something, each once.
type readers []Reader

// add adds holders; parameters are those that they may read, nil for all.
func (r *readers) add(w *world, holders []string, wide bool, parameters []string) {
	for _, holder := range holders {
		name := w.shown(holder)
		i := slices.IndexFunc(*r, func(o Reader) bool { return o.Name == name })
		if i < 0 {
			*r = append(*r, Reader{name, parameters, wide})
			continue
		}
		had := &(*r)[i]
		had.Wide = had.Wide && wide
		if had.Parameters == nil || parameters == nil {
			had.Parameters = nil
			continue
		}
		for _, p := range parameters {
			if !slices.Contains(had.Parameters, p) {
				had.Parameters = append(had.Parameters, p)
			}
		}
	}
}

// shown names what a text refers to: the construct of a resource, or the text.
func (w *world) shown(text string) string {
	if t, id, _, ok := w.attributeOf(text); ok {
		return unquoted(t.nameOf(id, false))
	}
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		t, id, _, ok := w.attributeOf(found)
		if !ok {
			return found
		}
		return path.Base(unquoted(t.nameOf(id, false)))
	})
}

func unquoted(s string) string {
	if text, err := strconv.Unquote(s); err == nil {
		return text
	}
	return s
}
