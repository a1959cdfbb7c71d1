package assembly

import (
	"cmp"
	"path/filepath"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// world is all templates of an assembly, with indexes of what they refer to each other
// by. Every index is built once, so that the cost of a check grows with the templates
// and not with secrets times templates.
type world struct {
	templates []*template
	byPath    map[string]*template                // the top-level stacks
	instances map[string][]*template              // the nested stacks with the template in a file
	documents map[string]*cfn.Template            // what files named by nested stacks hold; nil for no template
	manifests map[string]map[string]stackArtifact // folder -> file of a template -> its stack

	exports map[string][]link      // name of an export -> its output
	outputs map[string][]*template // name of a stack -> its template
	carried map[string][]link      // name of a parameter that carries a value to another region

	secrets  map[string][]*secret    // every text that refers to a secret
	synced   map[resourceKey]*secret // by the custom resource that fills it
	versions map[string]bool         // every text that is the version of a synced secret
	fillers  fillers

	policies map[resourceKey]*policy
	held     map[string][]statement // of all policies of a holder
	holders  map[string]*keys       // what the policies of a holder together may decrypt with
	names    map[string]string      // the holder that a given name stands for
	attached map[string][]string    // managed policy -> the holders that name it
	aliases  map[string]string      // alias of a key -> the key
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
		byPath: map[string]*template{}, instances: map[string][]*template{},
		documents: map[string]*cfn.Template{}, manifests: map[string]map[string]stackArtifact{},
		exports: map[string][]link{}, outputs: map[string][]*template{}, carried: map[string][]link{},
		secrets: map[string][]*secret{}, synced: map[resourceKey]*secret{}, versions: map[string]bool{}, fillers: fillers{roles: map[string]bool{}},
		policies: map[resourceKey]*policy{}, held: map[string][]statement{}, holders: map[string]*keys{}, names: map[string]string{}, attached: map[string][]string{},
		aliases: map[string]string{}, keyUsers: map[string]map[string]bool{},
	}
}

// addStack adds a stack and all that are nested in it. Its template is one that the CDK
// lists as a stack to deploy, so one that cannot be read is an error.
func (w *world) addStack(s Stack) error {
	path := filepath.Clean(s.TemplatePath)
	if w.byPath[path] != nil {
		return nil
	}
	document, err := cfn.Read(path)
	if err != nil {
		return err
	}
	artifact := w.artifactOf(path)
	t := &template{
		Template: document, stackName: artifact.name, constructPath: cmp.Or(s.ConstructPath, artifact.path),
		account: cmp.Or(s.Account, artifact.account), region: cmp.Or(s.Region, artifact.region),
		assets: readAssets(filepath.Dir(path), artifact.assetManifests),
	}
	w.byPath[path] = t
	w.add(t)
	return nil
}

// add adds a template, and the stacks that are nested in it.
func (w *world) add(t *template) {
	t.world, t.number, t.folder = w, len(w.templates), filepath.Dir(t.Path)
	t.nested, t.resolved = map[string]*template{}, map[cfn.Reference]string{}
	w.templates = append(w.templates, t)
	for _, id := range t.ResourceIDs() {
		if t.Resources[id].Type == nestedStack {
			t.addNested(id)
		}
	}
}
