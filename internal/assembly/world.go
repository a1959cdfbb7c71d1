package assembly

import (
	"path/filepath"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// world is all templates of an assembly, with indexes of what they refer to each other
// by. Every index is built once, so that the cost of a check grows with the templates
// and not with secrets times templates.
type world struct {
	templates []*template
	byPath    map[string]*template
	manifests map[string]map[string]string // folder -> file of a template -> name of its stack

	exports map[string][]link      // name of an export -> its output
	outputs map[string][]*template // name of a stack -> its template
	carried map[string][]link      // name of a parameter that carries a value to another region

	secrets  map[string][]*secret // every text that refers to a secret
	versions map[string]bool      // every text that is the version of a synced secret
	fillers  fillers

	policies map[resourceKey]*policy
	holders  map[string]*keys    // what the policies of a holder together may decrypt with
	names    map[string]string   // the holder that a given name stands for
	attached map[string][]string // managed policy -> the holders that name it
	aliases  map[string]string   // alias of a key -> the key
	keyUsers map[string]map[string]bool
}

// resourceKey names a resource of the assembly.
type resourceKey struct {
	template int
	id       string
}

// link is a value in a template by which others refer to what it stands for.
type link struct {
	from  *template
	value any
}

func newWorld() *world {
	return &world{
		byPath: map[string]*template{}, manifests: map[string]map[string]string{},
		exports: map[string][]link{}, outputs: map[string][]*template{}, carried: map[string][]link{},
		secrets: map[string][]*secret{}, versions: map[string]bool{}, fillers: fillers{roles: map[string]bool{}},
		policies: map[resourceKey]*policy{}, holders: map[string]*keys{}, names: map[string]string{}, attached: map[string][]string{},
		aliases: map[string]string{}, keyUsers: map[string]map[string]bool{},
	}
}

const nestedStack = "AWS::CloudFormation::Stack"

func (w *world) addStack(s Stack) error {
	if w.byPath[filepath.Clean(s.TemplatePath)] != nil {
		return nil
	}
	t := &template{constructPath: s.ConstructPath, account: s.Account, region: s.Region}
	name, err := w.stackName(s.TemplatePath)
	if err != nil {
		return err
	}
	t.stackName = name
	return w.add(s.TemplatePath, t)
}

// add reads the template of t and of the stacks that are nested in it. Each file is
// read once and belongs to the first stack that names it, so stacks that contain each
// other end.
func (w *world) add(path string, t *template) error {
	var err error
	if t.Template, err = cfn.Read(path); err != nil {
		return err
	}
	t.world, t.number, t.folder = w, len(w.templates), filepath.Dir(path)
	t.nested, t.resolved = map[string]*template{}, map[cfn.Reference]string{}
	w.templates = append(w.templates, t)
	w.byPath[filepath.Clean(path)] = t
	for _, id := range t.ResourceIDs() {
		r := t.Resources[id]
		if r.Type != nestedStack || r.AssetPath == "" {
			continue
		}
		file := r.AssetPath
		if !filepath.IsAbs(file) {
			file = filepath.Join(t.folder, file)
		}
		if w.byPath[filepath.Clean(file)] == nil {
			child := &template{constructPath: r.ConstructPath, account: t.account, region: t.region, parent: t, resource: id}
			if err := w.add(file, child); err != nil {
				return err
			}
		}
		t.nested[id] = w.byPath[filepath.Clean(file)]
	}
	return nil
}
